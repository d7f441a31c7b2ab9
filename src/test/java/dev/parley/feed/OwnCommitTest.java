package dev.parley.feed;

import static dev.parley.feed.Positions.get;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.parley.database.Database;
import dev.parley.testing.Seed;
import dev.parley.testing.Sql;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.sql.Array;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.stream.IntStream;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The feed goes on by a transaction of its own without reading it, and still has every row once, whatever else commits meanwhile. */
@QuarkusTest
class OwnCommitTest {

    private static final long EPOCH = 1;
    private static final PageLimit LIMIT = new PageLimit(7, 1_000_000);

    /** A reader's position, and how many rows he had had. */
    private record Left(String position, int rows) {
    }

    @Inject
    DataSource dataSource;

    @Inject
    Database database;

    @Inject
    FeedConnections connections;

    private final List<UUID> conversations = IntStream.range(0, 3).mapToObj(n -> UUID.randomUUID()).toList();
    private final List<Connection> open = new ArrayList<>();
    private final List<Long> delivered = new ArrayList<>();
    private final List<Left> left = new ArrayList<>();
    private Connection writer;
    private LogCursor cursor;
    private long begin;
    private int steps;
    private int positions;

    @BeforeEach
    void start() throws Exception {
        database.migrated().await().atMost(Duration.ofSeconds(60));
        writer = connect();
        Sql.run(writer, "set timezone = 'UTC'");
        Sql.run(writer, "set parley.quiet = on");
        Sql.run(writer, "create table public.others (n int primary key)");
        Sql.run(writer, "select parley.watch('public.others')");
        for (UUID conversation : conversations) {
            Sql.run(writer, "insert into conversations (id) values (?)", conversation);
            Sql.run(writer, "insert into messages (conversation_id, content) values (?, 'the first')", conversation);
        }
        begin = Sql.values(writer, "select max(id) from parley.change_log", Long.class).get(0);
        cursor = new LogCursor(Positions.now(connections.readers()));
        read();
    }

    @AfterEach
    void stop() throws SQLException {
        for (Connection connection : open) {
            connection.close();
        }
        try (Connection last = dataSource.getConnection()) {
            Sql.run(last, "drop table public.others");
            Sql.run(last, "delete from parley.watched where table_name = 'others'");
            for (UUID conversation : conversations) {
                Sql.run(last, "delete from conversations where id = ?", conversation);
            }
        }
    }

    @Test
    void everyRowComesOnceAndEveryPositionHoldsInAnyOrderOfTransactions() throws Exception {
        long seed = Seed.of(getClass());
        Random random = new Random(seed);
        List<OwnCommit> untold = new ArrayList<>();
        List<Connection> foreign = List.of(connect(), connect(), connect());
        int refused = 0;
        for (int turn = 0; turn < 600; turn++) {
            int what = random.nextInt(100);
            if (what < 45) {
                OwnCommit own = store(1 + random.nextInt(5), random, true);
                if (random.nextInt(4) == 0) {
                    untold.add(own);
                } else {
                    refused += goOnBy(own) ? 0 : 1;
                }
            } else if (what < 55 && !untold.isEmpty()) {
                goOnBy(untold.remove(random.nextInt(untold.size())));
            } else if (what < 90) {
                Connection other = foreign.get(random.nextInt(foreign.size()));
                switch (random.nextInt(3)) {
                    case 0 -> Sql.run(other, "insert into public.others values (?)", turn);
                    case 1 -> other.commit();
                    default -> other.rollback();
                }
            } else {
                read();
            }
        }
        for (Connection other : foreign) {
            other.commit();
        }
        Collections.shuffle(untold, random);
        for (OwnCommit own : untold) {
            goOnBy(own);
        }
        read();

        List<Long> logged = Sql.values(writer, "select id from parley.change_log where id > ? order by id", Long.class, begin);
        assertEquals(logged, delivered.stream().sorted().toList(), "every row once");
        assertTrue(steps > 50 && refused > 20, () -> "both happen: " + steps + " steps");
        for (UUID conversation : conversations) {
            List<Long> ids = Sql.values(writer, "select id from parley.change_log where id > ? and record ->> 'conversation_id' = ? order by (record ->> 'seq')::int",
                    Long.class, begin, conversation.toString());
            assertEquals(ids, delivered.stream().filter(ids::contains).toList(), "in the order of the conversation");
        }
        for (Left reader : left) {
            List<Long> all = new ArrayList<>(delivered.subList(0, reader.rows()));
            LogCursor resumed = new LogCursor(Position.parse(reader.position()));
            all.addAll(rest(resumed));
            assertEquals(logged, all.stream().sorted().toList(), () -> "resumed from " + Position.parse(reader.position()));
        }
    }

    @Test
    void whatATransactionSawComesBeforeIt() throws Exception {
        Sql.run(writer, "insert into public.others values (1)");
        OwnCommit own = store(2, new Random(1), true);
        assertFalse(cursor.reaches(own, EPOCH), "it was written in the knowledge of a row that nobody was told");
        read();
        assertTrue(cursor.has(own.xid()));
    }

    @Test
    void whatCommitsLaterThanItBeganComesWithTheNextRead() throws Exception {
        Connection other = connect();
        Sql.run(other, "insert into public.others values (1)");
        assertTrue(goOnBy(store(2, new Random(1), true)));
        other.commit();
        assertEquals(2, delivered.size());
        read();
        assertEquals(3, delivered.size());
        read();
        assertEquals(3, delivered.size());
    }

    @Test
    void aBatchIsNotTakenForAllWhereSomebodysTriggerMayWriteBesideIt() throws Exception {
        assertNotNull(store(2, new Random(1), true));
        Sql.run(writer, "create function public.nothing() returns trigger language plpgsql as 'begin return null; end'");
        try {
            Sql.run(writer, "create constraint trigger later after insert on messages initially deferred for each row execute function public.nothing()");
            assertNull(store(2, new Random(1), true));
        } finally {
            Sql.run(writer, "drop function public.nothing() cascade");
        }
        assertNotNull(store(2, new Random(1), true));
    }

    @Test
    void aBatchIsNotTakenForAllWhereAColumnsDefaultWritesBesideIt() throws Exception {
        Sql.run(writer, "create function public.counted() returns int language plpgsql as"
                + " 'begin insert into public.others select coalesce(max(n), 0) + 1 from public.others; return 1; end'");
        try {
            Sql.run(writer, "alter table messages add column counted int");
            Sql.run(writer, "alter table messages alter column counted set default public.counted()");
            assertNull(store(2, new Random(1), true));
        } finally {
            Sql.run(writer, "alter table messages drop column if exists counted");
            Sql.run(writer, "drop function public.counted()");
        }
        assertNotNull(store(2, new Random(1), true));
    }

    @Test
    void whoDoesNotAskForTheRowsDoesNotGetThem() throws Exception {
        assertFalse(store(2, new Random(1), false).isTold());
    }

    /** As the service stores a batch; null where the database does not tell what its transaction wrote. */
    private OwnCommit store(int messages, Random random, boolean tells) throws SQLException {
        UUID[] ids = new UUID[messages], targets = new UUID[messages];
        Integer[] numbers = new Integer[messages];
        String[] senders = new String[messages], roles = new String[messages], contents = new String[messages], metadatas = new String[messages];
        int[] counts = new int[conversations.size()];
        for (int i = 0; i < messages; i++) {
            int at = random.nextInt(conversations.size());
            ids[i] = UUID.randomUUID();
            targets[i] = conversations.get(at);
            numbers[i] = ++counts[at];
            senders[i] = "somebody";
            roles[i] = "customer";
            contents[i] = "message " + i;
            metadatas[i] = "{}";
        }
        try (var statement = writer.prepareStatement("select own_commit, logged_at, log_ids, log_records, cardinality(stored_ids)"
                + " from parley.store_messages(?, ?, ?, ?, ?, ?, ?, 200, ?)")) {
            Object[][] columns = {ids, targets, numbers, senders, roles, contents, metadatas};
            String[] types = {"uuid", "uuid", "int4", "text", "text", "text", "text"};
            for (int i = 0; i < columns.length; i++) {
                statement.setArray(i + 1, writer.createArrayOf(types[i], columns[i]));
            }
            statement.setBoolean(8, tells);
            ResultSet row = statement.executeQuery();
            row.next();
            assertEquals(messages, row.getInt(5));
            String told = row.getString(1);
            Array logIds = row.getArray(3);
            return told == null ? null : OwnCommit.parse(told, "public", "messages", row.getObject(2, OffsetDateTime.class),
                    logIds == null ? null : (Long[]) logIds.getArray(), logIds == null ? null : (String[]) row.getArray(4).getArray());
        }
    }

    /** As the tail does: whether it could, or had had it. */
    private boolean goOnBy(OwnCommit own) throws Exception {
        if (cursor.has(own.xid())) {
            return true;
        }
        if (!cursor.reaches(own, EPOCH)) {
            read();
            return false;
        }
        steps++;
        take(cursor.step(own));
        return true;
    }

    private void read() throws Exception {
        Delta delta;
        do {
            delta = get(cursor.read(connections.readers(), EPOCH, LIMIT));
            take(delta);
        } while (!delta.complete());
    }

    private void take(Delta delta) {
        for (Change change : delta.changes()) {
            delivered.add(change.id());
            leaves(change.after());
        }
        leaves(delta.after());
        assertTrue(delta.changes().isEmpty() || !delta.complete() || delta.changes().get(delta.changes().size() - 1).after().equals(delta.after()));
    }

    /** A prime, so that each kind of position has its turn. */
    private void leaves(Position position) {
        if (positions++ % 7 == 0) {
            left.add(new Left(position.toString(), delivered.size()));
        }
    }

    private List<Long> rest(LogCursor resumed) throws Exception {
        List<Long> ids = new ArrayList<>();
        Delta delta;
        do {
            delta = get(resumed.read(connections.readers(), EPOCH, new PageLimit(10_000, 100_000_000)));
            delta.changes().forEach(change -> ids.add(change.id()));
        } while (!delta.complete());
        return ids;
    }

    private Connection connect() throws SQLException {
        Connection connection = dataSource.getConnection();
        Sql.run(connection, "reset all"); // one that has migrated looks for names in the system's schema alone
        if (!open.isEmpty()) {
            connection.setAutoCommit(false);
        }
        open.add(connection);
        return connection;
    }
}
