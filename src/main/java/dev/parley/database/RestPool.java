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
 * Makes Quarkus' pool, which serves REST, of connections that close when nothing has moved on them for a while: one whose peer is gone without a word would
 * else keep its place in the pool until the system gives it up, after a quarter of an hour.
 */
@Singleton
class RestPool implements PgPoolCreator {

    /** Longer than a call may take. */
    private static final int SILENCE_SECONDS = 15;

    @Override
    public Pool create(Input input) {
        List<SqlConnectOptions> servers = input.pgConnectOptionsList().stream()
                .<SqlConnectOptions>map(options -> new PgConnectOptions(options).setIdleTimeout(SILENCE_SECONDS).setIdleTimeoutUnit(TimeUnit.SECONDS)).toList();
        return PgBuilder.pool().with(input.poolOptions()).connectingTo(servers).using(input.vertx()).build();
    }
}
