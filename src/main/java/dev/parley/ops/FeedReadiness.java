package dev.parley.ops;

import dev.parley.feed.FeedConfig;
import dev.parley.feed.FeedFigures;
import dev.parley.feed.Tail;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/**
 * Ready while the tail is current: a replica that does not see what commits must not be sent clients. One that is behind and hands out page after page is ready
 * too: what it works off, a transaction of a million rows, all replicas have to.
 */
@Readiness
@ApplicationScoped
class FeedReadiness implements HealthCheck {

    private static final Duration LEAST = Duration.ofSeconds(5);

    private final Tail tail;
    private final FeedFigures figures;
    private final Duration limit;

    FeedReadiness(Tail tail, FeedFigures figures, FeedConfig config) {
        this.tail = tail;
        this.figures = figures;
        Duration polls = config.pollInterval().multipliedBy(3);
        this.limit = polls.compareTo(LEAST) > 0 ? polls : LEAST;
    }

    @Override
    public HealthCheckResponse call() {
        Duration lag = Duration.ofNanos(figures.lag());
        if (tail.isConnected() && figures.sinceLastPage() <= limit.toNanos()) {
            return HealthCheckResponse.named("feed").up().withData("lag_ms", lag.toMillis()).build();
        }
        return HealthCheckResponse.named("feed").down()
                .withData("reason", tail.trouble().orElse(tail.isConnected() ? "the feed is behind the database" : "the feed is not connected to the database")).build();
    }
}
