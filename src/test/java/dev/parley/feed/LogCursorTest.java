package dev.parley.feed;

import static dev.parley.feed.Positions.get;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.parley.database.Database;
import dev.parley.testing.Sql;
import io.quarkus.test.junit.QuarkusTest;
import io.vertx.sqlclient.SqlConnection;
import jakarta.inject.Inject;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A page of the log costs what it brings, however much was read before. */
@QuarkusTest
class LogCursorTest {

    private static final int OTHERS = 20_000;
    private static final String LOOKED_AT = "select coalesce(idx_tup_fetch, 0) from pg_stat_xact_all_tables where schemaname = 'parley' and relname = 'change_log'";

    @Inject
    DataSource dataSource;

    @Inject
    Database database;

    @Inject
    FeedConnections connections;

    private Connection late;
    private Connection others;

    @BeforeEach
    void connect() throws SQLException {
        database.migrated().await().atMost(Duration.ofSeconds(60));
        late = dataSource.getConnection();
        others = dataSource.getConnection();
        late.setAutoCommit(false);
    }

    @AfterEach
    void forget() throws SQLException {
        late.close();
        Sql.run(others, "delete from parley.change_log where schema_name = 's'");
        others.close();
    }

    @Test
    void thePagesOfATransactionThatStayedOpenLookAtNothingThatWasReadMeanwhile() throws Exception {
        log(late, "late", 25);
        log(others, "read before", OTHERS);
        Position start = Positions.now(connections.readers());
        log(others, "new", 5);
        log(late, "late", 1);
        late.commit();

        LogCursor cursor = new LogCursor(start);
        List<String> tables = new ArrayList<>();
        SqlConnection reader = get(connections.readers().getConnection());
        try {
            get(reader.begin());
            Delta delta;
            do {
                delta = get(cursor.read(reader, 1, new PageLimit(10, 1_000_000)));
                delta.changes().stream().map(Change::table).forEach(tables::add);
            } while (!delta.complete());
            long lookedAt = get(reader.query(LOOKED_AT).execute()).iterator().next().getLong(0);
            assertTrue(lookedAt < OTHERS / 10, () -> lookedAt + " rows were looked at to bring " + tables.size());
        } finally {
            get(reader.close());
        }
        assertEquals(31, tables.size());
        assertEquals(26, tables.stream().filter("late"::equals).count());
        assertEquals("late", tables.get(30), "in the order of the log");
        assertEquals(List.of("new", "new", "new", "new", "new"), tables.subList(25, 30));
    }

    @Test
    void whatNobodyWantsIsLeftOutOfALongDeltaAndYetGoneBy() throws Exception {
        Position start = Positions.now(connections.readers());
        log(others, "wanted", 15);
        log(others, "unwanted", OTHERS);
        log(others, "wanted", 12);
        log(others, "unwanted", 1);
        long last = Sql.values(others, "select max(xid::text::bigint) from parley.change_log", Long.class).get(0);

        LogCursor cursor = new LogCursor(start);
        LogSelection wanted = LogSelection.of(List.of(new LogSelection.Table("s", "wanted")));
        List<String> tables = new ArrayList<>();
        Delta delta;
        do {
            delta = get(cursor.read(connections.readers(), 1, new PageLimit(10, 1_000_000), wanted));
            delta.changes().stream().map(Change::table).forEach(tables::add);
            Position inside = Position.parse(delta.after().toString());
            assertEquals(27 - tables.size(), wantedAfter(inside), "who resumes here has the rest");
        } while (!delta.complete());
        assertEquals(Collections.nCopies(27, "wanted"), tables);
        assertTrue(cursor.position().base().sees(last), "who resumes behind it does not read what was left out");
        assertEquals(last, cursor.position().landmark().xid());
        log(others, "unwanted", 1);
        assertEquals(1, get(cursor.read(connections.readers(), 1, new PageLimit(10, 1_000_000), wanted)).changes().size(), "a first page has all");
    }

    private int wantedAfter(Position position) throws Exception {
        LogCursor cursor = new LogCursor(position, LogSelection.of(List.of(new LogSelection.Table("s", "wanted"))));
        Delta delta = get(cursor.read(connections.readers(), 1, new PageLimit(1_000, 1_000_000)));
        assertTrue(delta.complete());
        return delta.changes().size();
    }

    private static void log(Connection connection, String table, int rows) throws SQLException {
        Sql.run(connection, "insert into parley.change_log (schema_name, table_name, operation) select 's', ?, 'INSERT' from generate_series(1, ?)", table, rows);
    }
}
