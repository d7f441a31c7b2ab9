package dev.parley.ops;

import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Counts the requests that are not answered yet. Quarkus counts too, but takes a request that became a socket for one
 * that is never answered, and then waits in vain.
 */
@ApplicationScoped
class RequestsUnderWay {

    /** Before everything else that Parley does with a request. */
    private static final int FIRST = Integer.MAX_VALUE;

    private final AtomicInteger count = new AtomicInteger();

    /** How many there are; any thread. */
    int count() {
        return count.get();
    }

    void register(@Observes Filters filters) {
        filters.register(this::track, FIRST);
    }

    private void track(RoutingContext request) {
        if (!request.request().headers().contains(HttpHeaders.UPGRADE)) {
            count.incrementAndGet();
            request.addEndHandler(answered -> count.decrementAndGet());
        }
        request.next();
    }
}
