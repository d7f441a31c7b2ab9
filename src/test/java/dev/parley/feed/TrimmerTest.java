package dev.parley.feed;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.parley.database.Database;
import dev.parley.testing.Await;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;

@QuarkusTest
class TrimmerTest {

    private static final int TRANSACTIONS = 10;
    private static final int ROWS = 2_500;
    private static final int IN_ONE = 50_000;
    private static final int ALL = TRANSACTIONS * ROWS + IN_ONE;
    private static final String PASSED_OVER = "select idx_tup_read from pg_stat_all_indexes where indexrelname = 'change_log_xid_id'";
    private static final String DELETED = "select n_tup_del from pg_stat_all_tables where schemaname = 'parley' and relname = 'change_log'";

    private static final String END_WHO_DELETED = "select count(pg_terminate_backend(pid)) from pg_stat_activity where query ~ 'delete from parley.change_log' and pid <> pg_backend_pid()";

    @Inject
    DataSource dataSource;

    @Inject
    Database database;

    @Inject
    Trimmer trimmer;

    @Test
    void deletedRowsThatASnapshotKeepsArePassedOverOnceAndNotByEachChunk() throws Exception {
        database.migrated().await().atMost(Duration.ofSeconds(60));
        try (Connection holder = dataSource.getConnection(); Statement held = holder.createStatement();
                Connection writer = dataSource.getConnection(); Statement writing = writer.createStatement()) {
            trim(Snapshot.parse(text(writing, "select pg_current_snapshot()")));
            for (int i = 0; i < TRANSACTIONS; i++) {
                log(writing, ROWS);
            }
            log(writing, IN_ONE);
            holder.setAutoCommit(false);
            held.execute("set transaction isolation level repeatable read");
            text(held, "select count(*) from parley.feed");
            long passedOver = number(writing, PASSED_OVER);
            long deleted = number(writing, DELETED);
            assertEquals(ALL, trim(Snapshot.parse(text(writing, "select pg_current_snapshot()"))));
            // the server counts late, and up to PostgreSQL 14 an idle session not before it does something; of one that ends all at once
            text(writing, END_WHO_DELETED);
            Await.until(() -> number(writing, DELETED) - deleted >= ALL, Duration.ofSeconds(60), "the deletions are counted");
            long passed = number(writing, PASSED_OVER) - passedOver;
            holder.rollback();
            // the tail reads each too, once or twice; each chunk from the beginning made it more than six times as many
            assertTrue(passed < 5 * ALL, () -> passed + " rows were passed over to delete " + ALL);
        }
    }

    private static void log(Statement statement, int rows) throws SQLException {
        statement.execute("insert into parley.change_log (schema_name, table_name, operation) select 's', 't', 'INSERT' from generate_series(1, " + rows + ")");
    }

    private long trim(Snapshot upTo) throws Exception {
        return trimmer.delete(upTo).toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
    }

    private static long number(Statement statement, String question) throws SQLException {
        return Long.parseLong(text(statement, question));
    }

    private static String text(Statement statement, String question) throws SQLException {
        try (ResultSet answer = statement.executeQuery(question)) {
            answer.next();
            return answer.getString(1);
        }
    }
}
