package dev.parley.conversation;

import io.quarkus.hibernate.reactive.panache.PanacheRepositoryBase;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.UUID;

/** Messages as entities. Pages of them are read by {@link MessageReader}, new ones go through {@link MessageWriter}. */
@ApplicationScoped
public class MessageRepository implements PanacheRepositoryBase<Message, UUID> {

    /**
     * Messages of a conversation in rising {@code seq}.
     *
     * @param after the last seq that is not wanted; 0 for all
     * @param limit how many at most
     */
    public Uni<List<Message>> findAfter(UUID conversationId, long after, int limit) {
        return find("conversationId = ?1 and seq > ?2 order by seq", conversationId, after).range(0, limit - 1).list();
    }
}
