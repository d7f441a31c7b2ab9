package dev.parley.socket;

import dev.parley.conversation.ErrorCode;
import dev.parley.conversation.ParleyException;
import dev.parley.stream.Frames;
import dev.parley.transport.Outbound;
import dev.parley.transport.SocketChannel;
import dev.parley.transport.SocketGuard;
import io.netty.channel.Channel;
import io.quarkus.websockets.next.CloseReason;
import io.quarkus.websockets.next.UserData.TypedKey;
import io.quarkus.websockets.next.WebSocketConnection;
import io.smallrye.mutiny.Multi;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/** What both endpoints do: ties a connection, its stream and its session together. On the connection's event loop. */
@ApplicationScoped
class Sockets {

    private static final Logger LOG = Logger.getLogger(Sockets.class);
    private static final TypedKey<SocketSession> SESSION = new TypedKey<>("parley.session");
    private static final TypedKey<SocketStream> STREAM = new TypedKey<>("parley.stream");
    /** A peer that takes nothing never gets the close frame either. */
    private static final long HARD_CLOSE_MS = 1_000;

    private final SocketServices services;

    Sockets(SocketServices services) {
        this.services = services;
    }

    SocketRequest request(WebSocketConnection connection) {
        return connection.userData().get(SocketRequest.KEY);
    }

    void open(WebSocketConnection connection, Multi<Frames> frames) {
        SocketRequest request = request(connection);
        Channel channel = request.channel();
        SocketStream stream = new SocketStream(failure -> end(connection, channel, failure));
        SocketSession[] session = new SocketSession[1];
        Outbound outbound = new Outbound(channel, services.config().queueBytes(), services.config().stallTimeout().toMillis(), () -> {
            stream.ask();
            session[0].roomAgain();
        }, () -> close(connection, channel, CloseCodes.STALLED));
        stream.writeTo(outbound);
        session[0] = new SocketSession(services, request, outbound, stream);
        connection.userData().put(SESSION, session[0]);
        connection.userData().put(STREAM, stream);
        SocketChannel.guard(channel, new SocketGuard(session[0]));
        frames.subscribe().withSubscriber(stream);
    }

    void text(WebSocketConnection connection, String text) {
        connection.userData().get(SESSION).text(text);
    }

    void binary(WebSocketConnection connection) {
        connection.userData().get(SESSION).binary();
    }

    void closed(WebSocketConnection connection) {
        SocketStream stream = connection.userData().get(STREAM);
        if (stream != null) {
            stream.cancel();
        }
    }

    void failed(WebSocketConnection connection, Throwable failure) {
        LOG.debugf(failure, "socket %s failed", connection.id());
        closed(connection);
        SocketRequest request = request(connection);
        if (request != null) {
            close(connection, request.channel(), CloseCodes.TRY_AGAIN);
        }
    }

    private void end(WebSocketConnection connection, Channel channel, Throwable failure) {
        boolean unknown = failure instanceof ParleyException known && known.code() == ErrorCode.UNKNOWN_CONVERSATION;
        if (!unknown) {
            LOG.error("a stream ended, its client is told to come back", failure);
        }
        close(connection, channel, unknown ? CloseCodes.UNKNOWN_CONVERSATION : CloseCodes.TRY_AGAIN);
    }

    private void close(WebSocketConnection connection, Channel channel, CloseReason reason) {
        connection.close(reason).subscribe().with(closed -> { }, failure -> LOG.debugf(failure, "closing socket %s", connection.id()));
        channel.eventLoop().schedule(() -> channel.close(), HARD_CLOSE_MS, TimeUnit.MILLISECONDS);
    }
}
