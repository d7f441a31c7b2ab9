package dev.parley.database;

import io.vertx.core.Future;
import io.vertx.pgclient.PgConnection;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.function.Supplier;
import javax.sql.DataSource;
import org.postgresql.PGConnection;

/**
 * Makes sure that a connection is a session of its own: what is set, prepared and listened for on it stays there, and is nobody else's. Behind a pooler in
 * transaction mode it is not, and hardly anything says so: statements that several clients prepared under one name run for each other, settings reach whoever
 * shares the pool, and who listens hears nothing.
 *
 * <p>A server tells its process at the start of a session; a pooler tells something of its own there, and only then is there more to ask. Nothing is set
 * before the answer.
 */
final class OwnSession {

    static final String REASON = "is reached through a pooler that gives each transaction another session: use the pooler's session mode, or the database's own address";

    private static final String PROCESS = "select pg_catalog.pg_backend_pid()";

    private OwnSession() {
    }

    /**
     * Fails with {@link DatabaseSetupException} when it is not.
     *
     * @param another makes a second connection in the same way; asked for one only where something stands between
     */
    static Future<Void> require(PgConnection one, Supplier<Future<PgConnection>> another) {
        return process(one).compose(first -> first == one.processId() ? Future.succeededFuture()
                : another.get().compose(other -> isShared(one, first, other).eventually(() -> other.close()))
                        .compose(shared -> shared ? Future.failedFuture(new DatabaseSetupException(REASON)) : Future.succeededFuture()));
    }

    /** The other one keeps its session for as long as its transaction goes on: it is the one that the first had, or else the first now gets another. */
    private static Future<Boolean> isShared(PgConnection one, int first, PgConnection other) {
        return other.begin().compose(begun -> process(other))
                .compose(second -> second == first ? Future.succeededFuture(true) : process(one).map(now -> now != first));
    }

    private static Future<Integer> process(PgConnection connection) {
        return connection.query(PROCESS).execute().map(rows -> rows.iterator().next().getInteger(0));
    }

    /** The same for JDBC; blocks. */
    static void require(Connection one, DataSource source) throws SQLException {
        int first = process(one);
        if (first == one.unwrap(PGConnection.class).getBackendPID()) {
            return;
        }
        try (Connection other = source.getConnection()) {
            other.setAutoCommit(false);
            if (process(other) == first || process(one) != first) {
                throw new DatabaseSetupException(REASON);
            }
        }
    }

    private static int process(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement(); ResultSet answer = statement.executeQuery(PROCESS)) {
            answer.next();
            return answer.getInt(1);
        }
    }
}
