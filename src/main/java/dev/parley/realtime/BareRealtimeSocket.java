package dev.parley.realtime;

import io.quarkus.websockets.next.InboundProcessingMode;
import io.quarkus.websockets.next.WebSocket;

/** Where a bare realtime-js connects, and upstream's own server listens. */
@WebSocket(path = "/socket/websocket", inboundProcessingMode = InboundProcessingMode.CONCURRENT)
public class BareRealtimeSocket extends RealtimeEndpoint {

    BareRealtimeSocket(RealtimeSockets sockets) {
        super(sockets);
    }
}
