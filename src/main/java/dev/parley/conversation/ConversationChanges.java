package dev.parley.conversation;

import dev.parley.conversation.ConversationRules.NewConversation;
import dev.parley.conversation.ConversationRules.Patch;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Objects;
import java.util.UUID;

/** Creates and changes conversations. To be called on a Vert.x context, as Hibernate's session belongs to one; answers there. */
@ApplicationScoped
class ConversationChanges {

    private final ConversationRepository conversations;

    ConversationChanges(ConversationRepository conversations) {
        this.conversations = conversations;
    }

    /**
     * A conversation that is there now.
     *
     * @param id    its id
     * @param isNew false when it was there before
     */
    record Created(UUID id, boolean isNew) {
    }

    /** Stores the conversation unless its id is there already; fails with ID_CONFLICT when that one is another customer's. */
    Uni<Created> create(NewConversation wanted) {
        UUID id = wanted.id() == null ? UuidV7.next() : wanted.id();
        return Panache.withTransaction(() -> conversations.findById(id)
                        .flatMap(found -> found == null ? insert(id, wanted) : known(found, wanted)))
                // somebody else was quicker with the same id: it is there now
                .onFailure(DatabaseErrors::isUniqueViolation)
                .recoverWithUni(() -> Panache.withSession(() -> conversations.findById(id).flatMap(found -> known(found, wanted))));
    }

    private Uni<Created> insert(UUID id, NewConversation wanted) {
        Conversation conversation = new Conversation();
        conversation.id = id;
        conversation.subject = wanted.subject();
        conversation.customerId = wanted.customerId();
        conversation.status = Conversation.OPEN;
        conversation.metadata = wanted.metadata() == null ? Metadata.EMPTY : wanted.metadata();
        return conversations.persistAndFlush(conversation).map(stored -> new Created(id, true));
    }

    private static Uni<Created> known(Conversation found, NewConversation wanted) {
        if (found == null || !Objects.equals(found.customerId, wanted.customerId())) {
            return Uni.createFrom().failure(new ParleyException(ErrorCode.ID_CONFLICT, "this id is used by something else"));
        }
        return Uni.createFrom().item(new Created(found.id, false));
    }

    /** Changes what the patch names; {@code updated_at} follows in the database when something did change. Fails with UNKNOWN_CONVERSATION. */
    Uni<Void> patch(UUID id, Patch patch) {
        return Panache.withTransaction(() -> conversations.findForUpdate(id).invoke(found -> {
            if (found == null) {
                throw Unknown.conversation(id);
            }
            if (patch.changesSubject()) {
                found.subject = patch.subject();
            }
            if (patch.status() != null) {
                found.status = patch.status();
            }
            if (patch.metadata() != null) {
                found.metadata = patch.metadata();
            }
        })).replaceWithVoid();
    }
}
