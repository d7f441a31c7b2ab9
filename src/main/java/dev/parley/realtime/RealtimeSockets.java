package dev.parley.realtime;

import dev.parley.socket.SocketConfig;
import dev.parley.transport.Outbound;
import dev.parley.transport.SocketChannel;
import dev.parley.transport.SocketClose;
import dev.parley.transport.SocketGuard;
import dev.parley.transport.UpgradeHeaders;
import io.quarkus.websockets.next.CloseReason;
import io.quarkus.websockets.next.UserData.TypedKey;
import io.quarkus.websockets.next.WebSocketConnection;
import io.vertx.core.buffer.Buffer;
import jakarta.enterprise.context.ApplicationScoped;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;

/** What both endpoints do: ties a connection and its session together. On the connection's event loop. */
@ApplicationScoped
class RealtimeSockets {

    private static final Logger LOG = Logger.getLogger(RealtimeSockets.class);
    private static final TypedKey<RealtimeSession> SESSION = new TypedKey<>("parley.realtime.session");
    /** No code of our own: Swift's client does not come back after those. */
    private static final CloseReason STALLED = new CloseReason(1013, "reader makes no progress");
    private static final CloseReason FAILED = new CloseReason(1011, "internal error");

    private final RealtimeServices services;
    private final SocketConfig config;
    private final int longest;

    RealtimeSockets(RealtimeServices services, SocketConfig config, @ConfigProperty(name = "quarkus.websockets-next.server.max-message-size") int longest) {
        this.services = services;
        this.config = config;
        this.longest = longest;
    }

    void open(WebSocketConnection connection) {
        UpgradeHeaders.forget(connection);
        RealtimeRequest request = connection.userData().get(RealtimeRequest.KEY);
        RealtimeSession[] session = new RealtimeSession[1];
        Outbound outbound = new Outbound(request.channel(), config.queueBytes(), config.stallTimeout().toMillis(),
                () -> session[0].roomAgain(), () -> SocketClose.close(connection, request.channel(), STALLED));
        session[0] = new RealtimeSession(services, request, outbound, reason -> SocketClose.close(connection, request.channel(), reason));
        connection.userData().put(SESSION, session[0]);
        SocketChannel.guard(request.channel(), new SocketGuard(session[0], longest));
    }

    void text(WebSocketConnection connection, String text) {
        connection.userData().get(SESSION).text(text);
    }

    void binary(WebSocketConnection connection, Buffer bytes) {
        connection.userData().get(SESSION).binary(bytes.getBytes());
    }

    void closed(WebSocketConnection connection) {
        RealtimeSession session = connection.userData().get(SESSION);
        if (session != null) {
            session.closed();
        }
    }

    void failed(WebSocketConnection connection, Throwable failure) {
        LOG.debugf(failure, "socket %s failed", connection.id());
        closed(connection);
        RealtimeRequest request = connection.userData().get(RealtimeRequest.KEY);
        if (request != null) {
            SocketClose.close(connection, request.channel(), FAILED);
        }
    }
}
