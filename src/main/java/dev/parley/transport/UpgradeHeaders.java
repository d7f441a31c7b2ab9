package dev.parley.transport;

import io.quarkus.websockets.next.HttpUpgradeCheck.HttpUpgradeContext;
import io.quarkus.websockets.next.UserData.TypedKey;
import io.quarkus.websockets.next.WebSocketConnection;
import io.vertx.core.MultiMap;

/**
 * The headers of an upgrade request: Vert.x keeps them for as long as the socket is open, one to three kB of a browser's. Nobody here asks for them once there
 * is a socket.
 */
public final class UpgradeHeaders {

    private static final TypedKey<MultiMap> KEY = new TypedKey<>("parley.headers");

    private UpgradeHeaders() {
    }

    /** When the upgrade is permitted. */
    public static void remember(HttpUpgradeContext context) {
        context.userData().put(KEY, context.httpRequest().headers());
    }

    /** When the socket is open. On its event loop. */
    public static void forget(WebSocketConnection connection) {
        MultiMap headers = connection.userData().remove(KEY);
        if (headers != null) {
            headers.clear();
        }
    }
}
