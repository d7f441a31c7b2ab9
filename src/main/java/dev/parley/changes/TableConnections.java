package dev.parley.changes;

import dev.parley.database.Connections;
import dev.parley.database.ExpendablePool;
import io.quarkus.runtime.ShutdownEvent;
import io.vertx.core.Future;
import io.vertx.sqlclient.Pool;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/** The connections for looking after tables. */
@ApplicationScoped
class TableConnections {

    private static final int CONNECTIONS = 2;
    private static final long TIMEOUT_SECONDS = 30;
    private static final String SESSION = "set jit = off; set statement_timeout = '" + (TIMEOUT_SECONDS - 5) + "s'" + Connections.SYSTEM_NAMES_ONLY;

    private final ExpendablePool pool;

    TableConnections(Connections connections) {
        this.pool = new ExpendablePool(() -> connections.pool(connections.options("parley-tables"), CONNECTIONS, SESSION), TimeUnit.SECONDS.toMillis(TIMEOUT_SECONDS));
    }

    /** Does something on the pool; what takes too long fails. */
    <T> Future<T> ask(Function<Pool, Future<T>> question) {
        return pool.ask(question);
    }

    /** After those who ask have been told to stop, before the event loops end. */
    void stop(@Observes @Priority(3_000) ShutdownEvent event) {
        pool.close();
    }
}
