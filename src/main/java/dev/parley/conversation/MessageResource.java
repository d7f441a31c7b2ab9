package dev.parley.conversation;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.parley.access.Access;
import dev.parley.access.Identity;
import io.smallrye.mutiny.Uni;
import io.vertx.core.http.HttpServerRequest;
import jakarta.inject.Singleton;
import java.util.UUID;
import org.jboss.resteasy.reactive.RestResponse;

/**
 * {@code /api/conversations/{id}/messages}: all on the event loop.
 *
 * <p>Sending is the hottest path there is: no session, no reflection over beans, the stored row passed through as the database made it.
 */
@Singleton
public class MessageResource implements MessageApi {

    private final Access access;
    private final MessageRules rules;
    private final BodyLimit limit;
    private final MessageWriter writer;
    private final MessageReader reader;

    MessageResource(Access access, MessageRules rules, BodyLimit limit, MessageWriter writer, MessageReader reader) {
        this.access = access;
        this.rules = rules;
        this.limit = limit;
        this.writer = writer;
        this.reader = reader;
    }

    @Override
    public Uni<RestResponse<String>> send(String id, byte[] body, HttpServerRequest request) {
        UUID conversation = TextRules.uuid("id", id, ErrorCode.INVALID_REQUEST);
        limit.check(body);
        ObjectNode json = StrictJson.object(body);
        return access.identify(request).flatMap(identity -> {
            Identity speaker = access.speaksAs(identity,
                    StrictJson.string(json, "sender_id", ErrorCode.INVALID_REQUEST),
                    StrictJson.string(json, "sender_role", ErrorCode.INVALID_REQUEST));
            NewMessage message = rules.message(json, conversation, speaker, ErrorCode.INVALID_REQUEST);
            return Door.when(access.maySend(speaker, conversation), () -> writer.send(message)).map(MessageResource::answer);
        });
    }

    private static RestResponse<String> answer(Sent sent) {
        return RestResponse.status(sent.duplicate() ? RestResponse.Status.OK : RestResponse.Status.CREATED, sent.row());
    }

    @Override
    public Uni<String> list(String id, String after, String before,
            String limit, HttpServerRequest request) {
        UUID conversation = TextRules.uuid("id", id, ErrorCode.INVALID_REQUEST);
        int size = PageRequest.limit(limit);
        if (after != null && before != null) {
            throw new ParleyException(ErrorCode.INVALID_REQUEST, "after and before exclude each other");
        }
        Uni<Page> page = after != null
                ? reader.after(conversation, PageRequest.seq("after", after), size)
                : reader.before(conversation, before == null ? Long.MAX_VALUE : PageRequest.seq("before", before), size);
        return access.identify(request).flatMap(identity -> Door.when(access.mayRead(identity, conversation),
                () -> DatabaseErrors.bounded(page).map(Page::json)));
    }
}
