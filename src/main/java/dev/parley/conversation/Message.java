package dev.parley.conversation;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.OffsetDateTime;
import java.util.UUID;
import org.hibernate.annotations.ColumnTransformer;
import org.hibernate.annotations.DynamicInsert;
import org.hibernate.annotations.DynamicUpdate;

/**
 * A row of {@code messages}. The database numbers it ({@link #seq}) and refuses changes of {@code id}, {@code conversation_id} and {@code seq}.
 * The service's own messages go through {@link MessageWriter}, which is many times cheaper than persisting entities.
 */
@Entity
@Table(name = "messages", schema = "public")
@DynamicInsert
@DynamicUpdate
public class Message {

    @Id
    public UUID id;

    @Column(name = "conversation_id", nullable = false, updatable = false)
    public UUID conversationId;

    @Column(insertable = false, updatable = false)
    public Long seq;

    @Column(name = "sender_id", columnDefinition = "text", nullable = false)
    public String senderId;

    @Column(name = "sender_role", columnDefinition = "text", nullable = false)
    public String senderRole;

    @Column(columnDefinition = "text", nullable = false)
    public String content;

    @Column(name = "created_at", insertable = false, updatable = false)
    public OffsetDateTime createdAt;

    /** JSON text: any Java type in between would change its numbers. */
    @Column(columnDefinition = "jsonb", nullable = false)
    @ColumnTransformer(read = "cast(metadata as text)", write = "cast(cast(? as text) as jsonb)")
    public String metadata;
}
