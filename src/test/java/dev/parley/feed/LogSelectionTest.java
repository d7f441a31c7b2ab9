package dev.parley.feed;

import static dev.parley.feed.Positions.get;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.parley.database.Database;
import io.quarkus.test.junit.QuarkusTest;
import io.vertx.sqlclient.SqlClient;
import jakarta.inject.Inject;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A replay reads the rows that it wants, whatever else is in the log. */
@QuarkusTest
class LogSelectionTest {

    @Inject
    DataSource dataSource;

    @Inject
    Database database;

    @Inject
    FeedConnections connections;

    @BeforeEach
    void table() throws SQLException {
        database.migrated().await().atMost(Duration.ofSeconds(60));
        run("create schema s", "create table s.rooms (id int primary key, room int, j json)", "create table s.others (room int, j json)",
                "select parley.watch('s.rooms')", "select parley.watch('s.others')");
    }

    @AfterEach
    void drop() throws SQLException {
        run("drop schema s cascade", "delete from parley.watched where schema_name = 's'", "delete from parley.change_log where schema_name = 's'");
    }

    @Test
    void aReplayIsNotStoppedByJsonThatPostgresCantTakeApart() throws Exception {
        Position start = Positions.now(connections.readers());
        run("insert into s.others values (1, '\"\\u0000\"')", "insert into s.rooms values (1, 1, '\"\\u00e4\\n\"'), (2, 2, '\"\\u00e4\"')",
                "insert into s.rooms values (3, 2, '{\"a\":\"\\u0000\"}'), (4, 1, '{\"\\u0000\":1}'), (5, 1, '\"\\uD83D\"'), (6, 2, '\"\\ude00\"')",
                "insert into s.rooms values (7, 1, '\"\\\\u0000\"'), (8, 2, null), (9, 1, null)", "delete from s.rooms where id in (2, 4)");
        // those that can't be looked at come along, for the reader to look at
        assertEquals(List.of("1", "3", "4", "5", "6", "7", "9", "-4"), read(start, new PageLimit(100, 1_000_000)));
        assertEquals(List.of("1", "3", "4", "5", "6", "7", "9", "-4"), read(start, new PageLimit(3, 1_000_000)), "page by page");
    }

    @Test
    void aSelectedReplayFindsItsStartByTheIndex() throws Exception {
        try (Connection connection = dataSource.getConnection(); Statement statement = connection.createStatement()) {
            statement.execute(FeedConnections.SESSION);
            statement.execute("prepare condition as select v.* from parley.change_log v where v.xid >= '1000000000'::xid8 "
                    + LogSelection.CONDITION.formatted(1, 2, 3, 4).replace("$1::text[]", "array['s']").replace("$2::text[]", "array['rooms']")
                            .replace("$3::text", "'room'").replace("$4::text", "'1'"));
            var rows = statement.executeQuery("explain execute condition");
            StringBuilder plan = new StringBuilder();
            while (rows.next()) {
                plan.append(rows.getString(1)).append('\n');
            }
            assertTrue(plan.toString().contains("Index Cond: (xid >="), plan.toString());
        }
    }

    /** The rows' ids, negative for deleted ones. */
    private List<String> read(Position from, PageLimit limit) throws Exception {
        LogCursor cursor = new LogCursor(from, new LogSelection(List.of(new LogSelection.Table("s", "rooms")), "room", "1"));
        List<String> ids = new ArrayList<>();
        Delta delta;
        do {
            delta = get(cursor.read(client(), 1, limit));
            for (Change change : delta.changes()) {
                String id = change.row().replaceFirst(".*?\"id\":([0-9]+).*", "$1");
                ids.add(change.operation() == Change.Operation.DELETE ? "-" + id : id);
            }
        } while (!delta.complete());
        return ids;
    }

    private SqlClient client() {
        return connections.readers();
    }

    private void run(String... statements) throws SQLException {
        try (Connection connection = dataSource.getConnection(); Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }
}
