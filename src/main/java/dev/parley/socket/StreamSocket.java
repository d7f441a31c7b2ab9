package dev.parley.socket;

import dev.parley.stream.Frames;
import io.quarkus.websockets.next.OnBinaryMessage;
import io.quarkus.websockets.next.OnClose;
import io.quarkus.websockets.next.OnError;
import io.quarkus.websockets.next.OnOpen;
import io.quarkus.websockets.next.OnTextMessage;
import io.quarkus.websockets.next.WebSocketConnection;
import io.smallrye.common.annotation.NonBlocking;
import io.smallrye.mutiny.Multi;
import io.vertx.core.buffer.Buffer;

/**
 * A plain stream's endpoint, both ways; which stream it is is all that differs.
 *
 * <p>On the connection's event loop, in the order of the frames: no callback may go on elsewhere once it has returned, since none waits for the one before. So the
 * extension needs no queue of its own for each connection, which takes 2 kB.
 */
abstract class StreamSocket {

    private final Sockets sockets;

    StreamSocket(Sockets sockets) {
        this.sockets = sockets;
    }

    /** What the client reads. */
    abstract Multi<Frames> stream(SocketRequest request);

    @OnOpen
    @NonBlocking
    void open(WebSocketConnection connection) {
        sockets.open(connection, stream(sockets.request(connection)));
    }

    @OnTextMessage
    @NonBlocking
    void text(String text, WebSocketConnection connection) {
        sockets.text(connection, text);
    }

    @OnBinaryMessage
    @NonBlocking
    void binary(Buffer bytes, WebSocketConnection connection) {
        sockets.binary(connection);
    }

    @OnClose
    @NonBlocking
    void close(WebSocketConnection connection) {
        sockets.closed(connection);
    }

    @OnError
    @NonBlocking
    void error(Throwable failure, WebSocketConnection connection) {
        sockets.failed(connection, failure);
    }
}
