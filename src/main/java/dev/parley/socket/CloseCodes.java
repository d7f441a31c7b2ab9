package dev.parley.socket;

import io.quarkus.websockets.next.CloseReason;

/** Why the service closes a socket. 1012, 1013 and 4000 to 4099 mean "reconnect and resume", 4100 to 4199 "do not". */
final class CloseCodes {

    static final CloseReason STALLED = new CloseReason(4000, "reader makes no progress: reconnect and resume");
    static final CloseReason TRY_AGAIN = new CloseReason(4001, "internal error: reconnect and resume");
    static final CloseReason UNKNOWN_CONVERSATION = new CloseReason(4104, "unknown conversation");

    private CloseCodes() {
    }
}
