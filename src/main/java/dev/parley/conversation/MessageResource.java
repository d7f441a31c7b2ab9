package dev.parley.conversation;

import dev.parley.access.Access;
import io.smallrye.mutiny.Uni;
import io.vertx.core.http.HttpServerRequest;
import jakarta.inject.Singleton;
import java.util.UUID;
import org.jboss.resteasy.reactive.RestResponse;

/** {@code /api/conversations/{id}/messages}: all on the event loop. Most sends never come here, see {@link MessageRoute}. */
@Singleton
public class MessageResource implements MessageApi {

    private final Access access;
    private final BodyLimit limit;
    private final MessageSender sender;
    private final MessageReader reader;

    MessageResource(Access access, BodyLimit limit, MessageSender sender, MessageReader reader) {
        this.access = access;
        this.limit = limit;
        this.sender = sender;
        this.reader = reader;
    }

    @Override
    public Uni<RestResponse<String>> send(String id, byte[] body, HttpServerRequest request) {
        UUID conversation = TextRules.uuid("id", id, ErrorCode.INVALID_REQUEST);
        limit.check(body);
        return sender.send(conversation, body, request).map(MessageResource::answer);
    }

    private static RestResponse<String> answer(Sent sent) {
        return RestResponse.status(sent.duplicate() ? RestResponse.Status.OK : RestResponse.Status.CREATED, sent.row());
    }

    @Override
    public Uni<String> list(String id, String after, String before,
            String limit, HttpServerRequest request) {
        UUID conversation = TextRules.uuid("id", id, ErrorCode.INVALID_REQUEST);
        int size = PageRequest.limit(limit);
        String from = PageRequest.given("after", after, request);
        String upTo = PageRequest.given("before", before, request);
        if (from != null && upTo != null) {
            throw new ParleyException(ErrorCode.INVALID_REQUEST, "after and before exclude each other");
        }
        Uni<Page> page = from != null
                ? reader.after(conversation, PageRequest.seq("after", from), size)
                : reader.before(conversation, upTo == null ? Long.MAX_VALUE : PageRequest.seq("before", upTo), size);
        return access.identify(request).flatMap(identity -> Door.when(access.mayRead(identity, conversation),
                () -> DatabaseErrors.bounded(page).map(Page::json)));
    }
}
