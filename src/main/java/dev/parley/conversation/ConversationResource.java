package dev.parley.conversation;

import dev.parley.access.Access;
import dev.parley.conversation.ConversationRules.NewConversation;
import dev.parley.conversation.ConversationRules.Patch;
import io.smallrye.mutiny.Uni;
import io.vertx.core.http.HttpServerRequest;
import jakarta.inject.Singleton;
import java.net.URI;
import java.util.UUID;
import org.jboss.resteasy.reactive.RestResponse;
import org.jboss.resteasy.reactive.RestResponse.ResponseBuilder;

/** {@code /api/conversations}: all on the event loop. */
@Singleton
public class ConversationResource implements ConversationApi {

    private final Access access;
    private final ConversationRules rules;
    private final BodyLimit limit;
    private final ConversationChanges changes;
    private final ConversationReader reader;

    ConversationResource(Access access, ConversationRules rules, BodyLimit limit, ConversationChanges changes, ConversationReader reader) {
        this.access = access;
        this.rules = rules;
        this.limit = limit;
        this.changes = changes;
        this.reader = reader;
    }

    @Override
    public Uni<RestResponse<String>> create(byte[] body, HttpServerRequest request) {
        limit.check(body);
        NewConversation wanted = rules.creation(StrictJson.object(body));
        return access.identify(request).flatMap(identity -> Door.when(access.mayCreate(identity, wanted.customerId()),
                () -> DatabaseErrors.bounded(changes.create(wanted))
                        .flatMap(created -> DatabaseErrors.bounded(reader.one(created.id())).map(json -> answer(created, json)))));
    }

    private static RestResponse<String> answer(ConversationChanges.Created created, String json) {
        return created.isNew()
                ? ResponseBuilder.<String>created(URI.create("/api/conversations/" + created.id())).entity(json).build()
                : RestResponse.ok(json);
    }

    @Override
    public Uni<String> list(String limit, String cursor,
            String status, String customerId, HttpServerRequest request) {
        int size = PageRequest.limit(limit);
        ConversationCursor from = cursor == null ? null : ConversationCursor.parse(cursor);
        ConversationFilter filter = new ConversationFilter(status, PageRequest.given("customer_id", customerId, request));
        return access.identify(request).flatMap(identity -> Door.when(access.mayAdminister(identity),
                () -> DatabaseErrors.bounded(reader.page(filter, from, size)).map(Page::json)));
    }

    @Override
    public Uni<String> read(String id, HttpServerRequest request) {
        UUID conversation = TextRules.uuid("id", id, ErrorCode.INVALID_REQUEST);
        return access.identify(request).flatMap(identity -> Door.when(access.mayRead(identity, conversation),
                () -> DatabaseErrors.bounded(reader.one(conversation))));
    }

    @Override
    public Uni<String> patch(String id, byte[] body, HttpServerRequest request) {
        UUID conversation = TextRules.uuid("id", id, ErrorCode.INVALID_REQUEST);
        limit.check(body);
        Patch patch = rules.patch(StrictJson.object(body));
        return access.identify(request).flatMap(identity -> Door.when(access.mayAdminister(identity),
                () -> DatabaseErrors.bounded(changes.patch(conversation, patch))
                        .flatMap(done -> DatabaseErrors.bounded(reader.one(conversation)))));
    }
}
