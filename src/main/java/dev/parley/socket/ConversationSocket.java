package dev.parley.socket;

import dev.parley.stream.Frames;
import dev.parley.stream.Streams;
import io.quarkus.websockets.next.InboundProcessingMode;
import io.quarkus.websockets.next.WebSocket;
import io.smallrye.mutiny.Multi;

/** One conversation, both ways. */
@WebSocket(path = "/ws/conversations/{id}", inboundProcessingMode = InboundProcessingMode.CONCURRENT)
public class ConversationSocket extends StreamSocket {

    private final Streams streams;

    ConversationSocket(Sockets sockets, Streams streams) {
        super(sockets);
        this.streams = streams;
    }

    @Override
    Multi<Frames> stream(SocketRequest request) {
        return streams.conversation(request.conversation(), request.after(), request.position());
    }
}
