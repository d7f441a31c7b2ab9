package dev.parley.socket;

import dev.parley.conversation.ErrorCode;
import dev.parley.conversation.Problem;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;

/**
 * Refuses what would become a socket by HTTP/2, at whichever endpoint: Vert.x upgrades no such request, and the WebSocket extension, which goes by the key alone, then leaves
 * it unanswered for ever. A stop would wait for it.
 */
@ApplicationScoped
class UpgradeGuard {

    private static final int BEFORE_DOORS = 300;

    void register(@Observes Filters filters) {
        filters.register(UpgradeGuard::admit, BEFORE_DOORS);
    }

    private static void admit(RoutingContext context) {
        HttpServerRequest request = context.request();
        if (request.version() == HttpVersion.HTTP_2 && request.headers().contains(HttpHeaderNames.SEC_WEBSOCKET_KEY)) {
            Problem.of(ErrorCode.INVALID_REQUEST, "a WebSocket is opened by HTTP/1.1").answer(context.response());
        } else {
            context.next();
        }
    }
}
