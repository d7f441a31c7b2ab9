package dev.parley.socket;

import dev.parley.stream.Frames;
import dev.parley.stream.Streams;
import io.quarkus.websockets.next.InboundProcessingMode;
import io.quarkus.websockets.next.WebSocket;
import io.smallrye.mutiny.Multi;

/** All conversations, both ways, for admins. */
@WebSocket(path = "/ws/feed", inboundProcessingMode = InboundProcessingMode.CONCURRENT)
public class FeedSocket extends StreamSocket {

    private final Streams streams;

    FeedSocket(Sockets sockets, Streams streams) {
        super(sockets);
        this.streams = streams;
    }

    @Override
    Multi<Frames> stream(SocketRequest request) {
        return streams.feed(request.position());
    }
}
