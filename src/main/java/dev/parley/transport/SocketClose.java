package dev.parley.transport;

import io.netty.channel.Channel;
import io.quarkus.websockets.next.CloseReason;
import io.quarkus.websockets.next.WebSocketConnection;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/** Ends a socket: with a close frame, and without one soon after. */
public final class SocketClose {

    private static final Logger LOG = Logger.getLogger(SocketClose.class);
    /** A peer that takes nothing never gets the close frame either. */
    private static final long HARD_CLOSE_MS = 1_000;

    private SocketClose() {
    }

    /** Any thread. */
    public static void close(WebSocketConnection connection, Channel channel, CloseReason reason) {
        connection.close(reason).subscribe().with(closed -> { }, failure -> LOG.debugf(failure, "closing socket %s", connection.id()));
        channel.eventLoop().schedule(() -> channel.close(), HARD_CLOSE_MS, TimeUnit.MILLISECONDS);
    }
}
