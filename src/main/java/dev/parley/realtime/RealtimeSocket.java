package dev.parley.realtime;

import io.quarkus.websockets.next.InboundProcessingMode;
import io.quarkus.websockets.next.WebSocket;

/** Where supabase-js connects. */
@WebSocket(path = "/realtime/v1/websocket", inboundProcessingMode = InboundProcessingMode.CONCURRENT)
public class RealtimeSocket extends RealtimeEndpoint {

    RealtimeSocket(RealtimeSockets sockets) {
        super(sockets);
    }
}
