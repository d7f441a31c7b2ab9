package dev.parley.socket;

import dev.parley.access.Access;
import dev.parley.access.Identity;
import dev.parley.access.Origins;
import dev.parley.conversation.ErrorCode;
import dev.parley.conversation.MessageRules;
import dev.parley.conversation.ParleyException;
import dev.parley.database.Database;
import dev.parley.feed.Position;
import dev.parley.transport.SocketChannel;
import dev.parley.transport.UpgradeHeaders;
import io.quarkus.websockets.next.HttpUpgradeCheck;
import io.smallrye.mutiny.Uni;
import io.vertx.core.MultiMap;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** Checks an upgrade request before there is a socket: nonsense is refused by HTTP status, with the code in the header {@code Parley-Error}. */
@ApplicationScoped
public class SocketUpgrade implements HttpUpgradeCheck {

    private final Origins origins;
    private final Access access;
    private final MessageRules rules;
    private final Database database;

    SocketUpgrade(Origins origins, Access access, MessageRules rules, Database database) {
        this.origins = origins;
        this.access = access;
        this.rules = rules;
        this.database = database;
    }

    @Override
    public boolean appliesTo(String endpointId) {
        return endpointId.equals(ConversationSocket.class.getName()) || endpointId.equals(FeedSocket.class.getName());
    }

    @Override
    public Uni<CheckResult> perform(HttpUpgradeContext context) {
        if (!origins.admit(context.httpRequest())) {
            return refuse(ErrorCode.FORBIDDEN, "pages of other origins may open streams where quarkus.http.cors.origins names them");
        }
        boolean global = context.endpointId().equals(FeedSocket.class.getName());
        return access.identify(context.httpRequest())
                .flatMap(identity -> {
                    SocketRequest request = request(context, identity, global);
                    context.userData().put(SocketRequest.KEY, request);
                    UpgradeHeaders.remember(context);
                    Uni<Boolean> allowed = global ? access.mayAdminister(identity) : access.mayRead(identity, request.conversation());
                    return allowed.flatMap(yes -> yes ? CheckResult.permitUpgrade() : refuse(ErrorCode.FORBIDDEN, "not yours to read"));
                })
                .onFailure(ParleyException.class).recoverWithUni(failure -> refuse(failure.code(), failure.getMessage()));
    }

    private SocketRequest request(HttpUpgradeContext context, Identity identity, boolean global) {
        if (!database.ready()) {
            throw new ParleyException(ErrorCode.UNAVAILABLE, "the service is starting");
        }
        rules.checkSender(identity);
        MultiMap query = context.httpRequest().params();
        String after = query.get("after");
        if (global) {
            return new SocketRequest(SocketChannel.of(context), identity, null, null, position("after", after));
        }
        UUID conversation = rules.conversationId(context.pathParam("id"), ErrorCode.INVALID_REQUEST);
        Long seq = seq(after);
        Position position = position("position", query.get("position"));
        if (position != null && seq == null) {
            throw new ParleyException(ErrorCode.INVALID_POSITION, "position needs after");
        }
        return new SocketRequest(SocketChannel.of(context), identity, conversation, seq, position);
    }

    private static Long seq(String after) {
        if (after == null) {
            return null;
        }
        if (!after.matches("\\d{1,18}")) {
            throw new ParleyException(ErrorCode.INVALID_POSITION, "after must be a number of a message, 0 for none");
        }
        return Long.parseLong(after);
    }

    private static Position position(String name, String text) {
        if (text == null) {
            return null;
        }
        try {
            return Position.parse(text);
        } catch (IllegalArgumentException e) {
            throw new ParleyException(ErrorCode.INVALID_POSITION, name + " is not a position that a stream gave");
        }
    }

    private static Uni<CheckResult> refuse(ErrorCode code, String detail) {
        return CheckResult.rejectUpgrade(code.status(), Map.of("Parley-Error", List.of(code.code()), "Parley-Error-Detail", List.of(detail)));
    }
}
