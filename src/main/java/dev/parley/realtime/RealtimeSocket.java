package dev.parley.realtime;

import io.quarkus.websockets.next.WebSocket;

/** Where supabase-js connects. */
@WebSocket(path = "/realtime/v1/websocket")
public class RealtimeSocket extends RealtimeEndpoint {

    RealtimeSocket(RealtimeSockets sockets) {
        super(sockets);
    }
}
