package dev.parley.conversation;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.parley.access.Access;
import dev.parley.access.Identity;
import io.smallrye.mutiny.Uni;
import io.vertx.core.http.HttpServerRequest;
import jakarta.inject.Singleton;
import java.util.UUID;

/** Sends what a request's body says. The hottest path there is: no session, no reflection over beans, the stored row passed through as it is. */
@Singleton
class MessageSender {

    private final Access access;
    private final MessageRules rules;
    private final MessageWriter writer;

    MessageSender(Access access, MessageRules rules, MessageWriter writer) {
        this.access = access;
        this.rules = rules;
        this.writer = writer;
    }

    /**
     * Checks and stores a message.
     *
     * @param body of a size that was looked at
     * @return what is stored; fails with {@link ParleyException}
     * @throws ParleyException as well
     */
    Uni<Sent> send(UUID conversation, byte[] body, HttpServerRequest request) {
        ObjectNode json = StrictJson.object(body);
        return access.identify(request).flatMap(identity -> {
            Identity speaker = access.speaksAs(identity,
                    StrictJson.string(json, "sender_id", ErrorCode.INVALID_REQUEST),
                    StrictJson.string(json, "sender_role", ErrorCode.INVALID_REQUEST));
            NewMessage message = rules.message(json, conversation, speaker, ErrorCode.INVALID_REQUEST);
            return Door.when(access.maySend(speaker, conversation), () -> writer.send(message));
        });
    }
}
