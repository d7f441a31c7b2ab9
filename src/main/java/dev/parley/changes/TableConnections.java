package dev.parley.changes;

import dev.parley.database.Connections;
import io.quarkus.runtime.ShutdownEvent;
import io.vertx.core.Future;
import io.vertx.sqlclient.Pool;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;

/** The connections for looking after tables. */
@ApplicationScoped
class TableConnections {

    private static final int CONNECTIONS = 2;
    private static final long TIMEOUT_SECONDS = 30;
    private static final String SESSION = "set default_transaction_read_only = off; set jit = off; set statement_timeout = '" + (TIMEOUT_SECONDS - 5) + "s'";

    private final Connections connections;
    private Pool pool;
    private boolean closed;

    TableConnections(Connections connections) {
        this.connections = connections;
    }

    /** Does something on the pool; what takes too long fails, and as its connection may be half open, the next one gets a new pool. */
    <T> Future<T> ask(Function<Pool, Future<T>> question) {
        Pool asked;
        try {
            asked = pool();
        } catch (RuntimeException e) {
            return Future.failedFuture(e);
        }
        return question.apply(asked).timeout(TIMEOUT_SECONDS, TimeUnit.SECONDS).onFailure(failure -> {
            if (failure instanceof TimeoutException) {
                giveUp(asked);
            }
        });
    }

    private synchronized Pool pool() {
        if (closed) {
            throw new IllegalStateException("the service stops");
        }
        if (pool == null) {
            pool = connections.pool(connections.options("parley-tables"), CONNECTIONS, SESSION);
        }
        return pool;
    }

    private synchronized void giveUp(Pool silent) {
        if (pool == silent) {
            pool = null;
            silent.close();
        }
    }

    /** After those who ask have been told to stop, before the event loops end. */
    synchronized void stop(@Observes @Priority(3_000) ShutdownEvent event) {
        closed = true;
        if (pool != null) {
            pool.close();
        }
    }
}
