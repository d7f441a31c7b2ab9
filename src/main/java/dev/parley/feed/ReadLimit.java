package dev.parley.feed;

import io.vertx.core.Future;
import io.vertx.sqlclient.SqlClient;
import java.time.Duration;

/**
 * How long a read of the log may take. The server ends it first, and so says that it is there: a read that it ended was too slow for what there is to read,
 * as the first page of many million rows is, and not one over a connection that is gone. The tail may then take longer: nobody goes on without it.
 */
public final class ReadLimit {

    private static final int MOST_DOUBLINGS = 5;

    private final Duration usual;
    private int doublings;

    ReadLimit(Duration usual) {
        this.usual = usual;
    }

    /** After so long without an answer a connection is gone, when its server ends statements after {@code inServer}. */
    public static long goneAfterMs(Duration inServer) {
        return inServer.toMillis() * 5 / 4;
    }

    long goneAfterMs() {
        return goneAfterMs(usual.multipliedBy(1L << doublings));
    }

    /** @return whether the next read may take longer than this one that was too slow */
    boolean raise() {
        if (doublings == MOST_DOUBLINGS) {
            return false;
        }
        doublings++;
        return true;
    }

    /** Back to the usual. @return whether it was another */
    boolean reset() {
        boolean raised = doublings > 0;
        doublings = 0;
        return raised;
    }

    /** Puts it in force in the session. */
    Future<?> apply(SqlClient session) {
        return session.query(sql()).execute();
    }

    private String sql() {
        return "set statement_timeout = " + Math.max(1, usual.toMillis() << doublings);
    }
}
