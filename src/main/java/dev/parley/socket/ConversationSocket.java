package dev.parley.socket;

import dev.parley.stream.Streams;
import io.quarkus.websockets.next.OnBinaryMessage;
import io.quarkus.websockets.next.OnClose;
import io.quarkus.websockets.next.OnError;
import io.quarkus.websockets.next.OnOpen;
import io.quarkus.websockets.next.OnTextMessage;
import io.quarkus.websockets.next.WebSocket;
import io.quarkus.websockets.next.WebSocketConnection;
import io.smallrye.common.annotation.NonBlocking;
import io.vertx.core.buffer.Buffer;

/** One conversation, both ways. */
@WebSocket(path = "/ws/conversations/{id}")
public class ConversationSocket {

    private final Sockets sockets;
    private final Streams streams;

    ConversationSocket(Sockets sockets, Streams streams) {
        this.sockets = sockets;
        this.streams = streams;
    }

    @OnOpen
    @NonBlocking
    void open(WebSocketConnection connection) {
        SocketRequest request = sockets.request(connection);
        sockets.open(connection, streams.conversation(request.conversation(), request.after(), request.position()));
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
