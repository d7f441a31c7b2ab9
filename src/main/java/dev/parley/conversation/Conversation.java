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
 * A row of {@code conversations}. Times are the database's; a column that is null at insert gets its default there.
 * Only what was changed is written, so that two who patch different fields do not undo each other.
 */
@Entity
@Table(name = "conversations", schema = "public")
@DynamicInsert
@DynamicUpdate
public class Conversation {

    /** {@link #status} of a conversation that takes messages from everybody. */
    public static final String OPEN = "open";
    /** {@link #status} of a conversation that takes no messages from customers. */
    public static final String CLOSED = "closed";

    @Id
    public UUID id;

    @Column(columnDefinition = "text")
    public String subject;

    @Column(name = "customer_id", columnDefinition = "text", updatable = false)
    public String customerId;

    @Column(columnDefinition = "text", nullable = false)
    public String status;

    @Column(name = "created_at", insertable = false, updatable = false)
    public OffsetDateTime createdAt;

    @Column(name = "updated_at", insertable = false, updatable = false)
    public OffsetDateTime updatedAt;

    /** JSON text: any Java type in between would change its numbers. */
    @Column(columnDefinition = "jsonb", nullable = false)
    @ColumnTransformer(read = "cast(metadata as text)", write = "cast(cast(? as text) as jsonb)")
    public String metadata;
}
