package dev.parley.conversation;

import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;

/**
 * The rest of a body that is answered before it is read. By HTTP/1 it ends with the connection. By HTTP/2 the connection goes on, and what nobody takes would use up
 * what all of its requests together may have under way: it is taken and dropped.
 */
public final class UnreadBody {

    /** A client that sends somewhat too much is let finish, so that it reads the answer. */
    private static final int PATIENCE_BYTES = 16_000_000;
    private static final long NO_ERROR = 0;

    private UnreadBody() {
    }

    /** To be called once the answer has been written. On the request's event loop. */
    public static void passOver(HttpServerRequest request) {
        if (request.version() != HttpVersion.HTTP_2 || request.isEnded()) {
            return;
        }
        long[] seen = {0};
        request.handler(chunk -> {
            seen[0] += chunk.length();
            if (seen[0] > PATIENCE_BYTES) {
                request.response().reset(NO_ERROR);
            }
        });
        request.endHandler(end -> { });
        request.resume();
    }
}
