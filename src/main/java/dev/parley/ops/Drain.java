package dev.parley.ops;

import io.quarkus.runtime.ShutdownDelayInitiatedEvent;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.websockets.next.CloseReason;
import io.quarkus.websockets.next.OpenConnections;
import io.quarkus.websockets.next.WebSocketConnection;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.interceptor.Interceptor;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/**
 * Empties the service before it stops: no new socket is accepted, and the open ones are closed with a code that means
 * "reconnect and resume", before Quarkus would close them with one that many clients take as final. Requests under way
 * are answered.
 */
@ApplicationScoped
class Drain {

    /** The service restarts: RFC 6455's registry. */
    static final CloseReason RESTART = new CloseReason(1012, "service restart: reconnect and resume");

    private static final Logger LOG = Logger.getLogger(Drain.class);
    /** So many at once, so that those who come back at once do not all meet the next replica in the same moment. */
    private static final int WAVE = 500;
    private static final Duration BETWEEN_WAVES = Duration.ofMillis(50);
    /** However many there are: who is told to stop is killed before long. */
    private static final Duration LONGEST = Duration.ofSeconds(3);

    private static final Duration LONGEST_ANSWER = Duration.ofSeconds(5);
    private static final Duration LOOK = Duration.ofMillis(20);

    private final OpenConnections connections;
    private final RequestsUnderWay requests;
    private volatile boolean started;

    Drain(OpenConnections connections, RequestsUnderWay requests) {
        this.connections = connections;
        this.requests = requests;
    }

    /** Whether the service is about to stop; any thread. */
    boolean started() {
        return started;
    }

    /** Runs on the thread that stops the service, which waits for it. */
    void closeSockets(@Observes ShutdownDelayInitiatedEvent stop) throws InterruptedException {
        started = true;
        List<WebSocketConnection> open = connections.stream().toList();
        if (open.isEmpty()) {
            return;
        }
        LOG.infof("Stopping: closing %d sockets, their clients reconnect", open.size());
        int size = Math.max(WAVE, open.size() / (int) LONGEST.dividedBy(BETWEEN_WAVES) + 1);
        for (int from = 0; from < open.size(); from += size) {
            open.subList(from, Math.min(from + size, open.size())).forEach(Drain::close);
            TimeUnit.MILLISECONDS.sleep(BETWEEN_WAVES.toMillis());
        }
    }

    /** Before anybody else is told of the stop, so that all that an answer needs is still there. */
    void awaitAnswers(@Observes @Priority(Interceptor.Priority.PLATFORM_BEFORE) ShutdownEvent stop) throws InterruptedException {
        // those that were on their way in while the others were closed
        connections.stream().forEach(Drain::close);
        long deadline = System.nanoTime() + LONGEST_ANSWER.toNanos();
        while (requests.count() > 0 && System.nanoTime() < deadline) {
            TimeUnit.MILLISECONDS.sleep(LOOK.toMillis());
        }
        if (requests.count() > 0) {
            LOG.warnf("Stopping: %d requests were not answered within %d s", requests.count(), LONGEST_ANSWER.toSeconds());
        }
    }

    /** Not waited for: a peer that does not read can't be told, and must not hold up the others. */
    private static void close(WebSocketConnection connection) {
        connection.close(RESTART).subscribe().with(
                closed -> {}, failure -> LOG.debugf(failure, "Socket %s was gone already", connection.id()));
    }
}
