package dev.parley.socket;

import dev.parley.conversation.ErrorCode;
import dev.parley.conversation.ParleyException;
import dev.parley.stream.Frames;
import dev.parley.transport.Outbound;
import dev.parley.transport.OutboundStream;
import dev.parley.transport.SocketChannel;
import dev.parley.transport.SocketClose;
import dev.parley.transport.SocketGuard;
import dev.parley.transport.UpgradeHeaders;
import dev.parley.transport.WebSocketBytes;
import io.netty.channel.Channel;
import io.quarkus.websockets.next.UserData.TypedKey;
import io.quarkus.websockets.next.WebSocketConnection;
import io.smallrye.mutiny.Multi;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;

/** What both endpoints do: ties a connection, its stream and its session together. On the connection's event loop. */
@ApplicationScoped
class Sockets {

    private static final Logger LOG = Logger.getLogger(Sockets.class);
    private static final TypedKey<SocketSession> SESSION = new TypedKey<>("parley.session");
    private static final TypedKey<OutboundStream> STREAM = new TypedKey<>("parley.stream");

    private final SocketServices services;
    private final int longest;

    Sockets(SocketServices services, @ConfigProperty(name = "quarkus.websockets-next.server.max-message-size") int longest) {
        this.services = services;
        this.longest = longest;
    }

    SocketRequest request(WebSocketConnection connection) {
        return connection.userData().get(SocketRequest.KEY);
    }

    void open(WebSocketConnection connection, Multi<Frames> frames) {
        UpgradeHeaders.forget(connection);
        SocketRequest request = request(connection);
        Channel channel = request.channel();
        OutboundStream stream = new OutboundStream(failure -> end(connection, failure));
        SocketSession[] session = new SocketSession[1];
        Outbound outbound = new Outbound(channel, services.config().queueBytes(), services.config().stallTimeout().toMillis(), () -> {
            stream.ask();
            session[0].roomAgain();
        }, () -> SocketClose.close(connection, channel, CloseCodes.STALLED));
        stream.writeTo(outbound);
        session[0] = new SocketSession(services, request, outbound, stream);
        connection.userData().put(SESSION, session[0]);
        connection.userData().put(STREAM, stream);
        SocketChannel.guard(channel, new SocketGuard(session[0], longest));
        frames.subscribe().withSubscriber(stream);
    }

    void text(WebSocketConnection connection, String text) {
        connection.userData().get(SESSION).text(text);
    }

    void binary(WebSocketConnection connection) {
        connection.userData().get(SESSION).binary();
    }

    void closed(WebSocketConnection connection) {
        OutboundStream stream = connection.userData().get(STREAM);
        if (stream != null) {
            stream.cancel();
        }
    }

    void failed(WebSocketConnection connection, Throwable failure) {
        LOG.debugf(failure, "socket %s failed", connection.id());
        closed(connection);
        SocketRequest request = request(connection);
        if (request != null) {
            SocketClose.close(connection, request.channel(), CloseCodes.TRY_AGAIN);
        }
    }

    private void end(WebSocketConnection connection, Throwable failure) {
        SocketSession session = connection.userData().get(SESSION);
        if (failure instanceof ParleyException known) {
            session.outbound().write(WebSocketBytes.encode(List.of(SocketJson.error(known.code(), known.getMessage(), null))));
        }
        boolean unknown = failure instanceof ParleyException known && known.code() == ErrorCode.UNKNOWN_CONVERSATION;
        if (!unknown) {
            LOG.error("a stream ended, its client is told to come back", failure);
        }
        SocketClose.close(connection, request(connection).channel(), unknown ? CloseCodes.UNKNOWN_CONVERSATION : CloseCodes.TRY_AGAIN);
    }
}
