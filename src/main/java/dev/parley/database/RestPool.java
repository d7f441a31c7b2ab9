package dev.parley.database;

import io.quarkus.reactive.pg.client.PgPoolCreator;
import io.vertx.pgclient.PgBuilder;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.SqlConnectOptions;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Makes Quarkus' pool, which serves REST, of connections that come back whatever happens. A statement that waits for a lock, or for longer than its caller
 * does, ends in the server. One whose peer is gone without a word would else keep its place in the pool until the system gives it up, after a quarter of an
 * hour: it closes when nothing has moved on it for a while.
 */
@Singleton
class RestPool implements PgPoolCreator {

    /** Shorter than a caller waits, 10 s. */
    private static final String SESSION = "set statement_timeout = '9s'";
    /** Longer than that: the server itself is silent, so that no statement is left behind there. */
    private static final int SILENCE_SECONDS = 15;

    @Override
    public Pool create(Input input) {
        List<SqlConnectOptions> servers = input.pgConnectOptionsList().stream()
                .<SqlConnectOptions>map(options -> new PgConnectOptions(options).setIdleTimeout(SILENCE_SECONDS).setIdleTimeoutUnit(TimeUnit.SECONDS)).toList();
        return PgBuilder.pool().with(input.poolOptions()).connectingTo(servers).using(input.vertx()).withConnectHandler(Connections.inSession(SESSION)).build();
    }
}
