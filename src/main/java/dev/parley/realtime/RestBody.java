package dev.parley.realtime;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import java.util.concurrent.TimeUnit;

/** Reads a paused request's body whole, up to a limit of its own. */
final class RestBody {

    /** A client that sends somewhat too much is let finish, so that it reads the answer. */
    private static final int PATIENCE_BYTES = 16_000_000;
    private static final long PATIENCE_MS = 30_000;

    /** More was sent than is read: the connection is of no more use. */
    static final class Endless extends RuntimeException {

        Endless() {
            super("the body is far too large", null, false, false);
        }
    }

    private RestBody() {
    }

    /**
     * On the request's event loop.
     *
     * @param tooLarge the failure when there is more than {@code limit}
     */
    static Future<byte[]> read(HttpServerRequest request, int limit, RestRefusal tooLarge) {
        Promise<byte[]> body = Promise.promise();
        String length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
        if (length != null && (length.length() > 9 || Integer.parseInt(length) > PATIENCE_BYTES)) {
            return Future.failedFuture(new Endless());
        }
        if (HttpHeaders.CONTINUE.toString().equalsIgnoreCase(request.getHeader(HttpHeaders.EXPECT))) {
            if (length != null && Integer.parseInt(length) > limit) {
                return Future.failedFuture(tooLarge); // it has not been sent yet
            }
            request.response().writeContinue();
        }
        Buffer all = Buffer.buffer();
        long[] seen = {0};
        request.exceptionHandler(body::tryFail);
        request.handler(chunk -> {
            seen[0] += chunk.length();
            if (seen[0] <= limit) {
                all.appendBuffer(chunk);
            } else if (seen[0] > PATIENCE_BYTES) {
                request.pause();
                body.tryFail(new Endless());
            }
        });
        request.endHandler(end -> {
            if (seen[0] > limit) {
                body.tryFail(tooLarge);
            } else {
                body.tryComplete(all.getBytes());
            }
        });
        request.resume();
        return body.future().timeout(PATIENCE_MS, TimeUnit.MILLISECONDS);
    }
}
