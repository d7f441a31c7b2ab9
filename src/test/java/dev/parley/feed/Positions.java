package dev.parley.feed;

import io.vertx.core.Future;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.SqlClient;
import java.util.concurrent.TimeUnit;

/** Where tests of the log begin. */
final class Positions {

    private Positions() {
    }

    /** Behind all that has committed. */
    static Position now(SqlClient client) throws Exception {
        Row row = get(client.query("select f.feed_id, pg_current_snapshot()::text from parley.feed f").execute()).iterator().next();
        return new Position(row.getLong(0), 1, Snapshot.parse(row.getString(1)), null);
    }

    static <T> T get(Future<T> future) throws Exception {
        return future.toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
    }
}
