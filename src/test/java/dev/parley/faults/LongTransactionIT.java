package dev.parley.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.parley.testing.Api;
import dev.parley.testing.Await;
import dev.parley.testing.Conversations;
import dev.parley.testing.Instance;
import dev.parley.testing.LatencyProbe;
import dev.parley.testing.Sql;
import dev.parley.testing.StreamClient;
import dev.parley.testing.TestPostgres;
import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/** A write transaction that stays open, with a million rows of the log behind it, slows nobody down and is delivered when it commits. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class LongTransactionIT {

    private static final Duration PATIENCE = Duration.ofSeconds(120);
    private static final int SAMPLES = 60;
    private static final int WINDOWS = 3;
    private static final int TRANSACTIONS = 50;
    private static final int ROWS = 20_000;
    private static final String FILL = """
            insert into parley.change_log (schema_name, table_name, operation, record)
            select 'public', 'nobody_watches', 'INSERT', '{}' from generate_series(1, ?)""";
    private static final String ROWS_READ = """
            select coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0) from pg_stat_all_tables where relid = 'parley.change_log'::regclass""";
    private static final String SCANS = """
            select coalesce(seq_scan, 0) + coalesce(idx_scan, 0) from pg_stat_all_tables where relid = 'parley.change_log'::regclass""";

    /** @param rowsRead of the log for each message */
    private record Cost(double median, double rowsRead) {
    }

    private static TestPostgres database;
    private static Instance instance;

    @BeforeAll
    static void start() {
        database = TestPostgres.startMigrated();
        instance = Instance.over(database).start();
    }

    @AfterAll
    static void stop() {
        instance.close();
        database.close();
    }

    @Test
    @Order(0)
    void theMetricsShowForHowLongATransactionHasBeenOpen() throws Exception {
        try (Connection open = database.connect()) {
            open.setAutoCommit(false);
            Sql.run(open, "insert into conversations (subject) values ('left open')");
            Await.until(() -> instance.metric("parley_feed_oldest_transaction_seconds") > 2, PATIENCE, "an age above two seconds");
            open.rollback();
            Await.until(() -> instance.metric("parley_feed_oldest_transaction_seconds") == 0, PATIENCE, "no open transaction");
        }
    }

    /** The last one: its million rows stay behind, and the server goes about cleaning up after them. */
    @Test
    @Order(2)
    void anOpenTransactionWithAMillionRowsBehindItSlowsNobodyDown() throws Exception {
        try (LatencyProbe probe = LatencyProbe.on(database, instance)) {
            UUID held = Conversations.insert(database, "held");
            probe.median(SAMPLES); // warm-up
            Cost before = measure(probe);
            try (StreamClient waiting = StreamClient.conversation(held).after(0).join(instance); Connection open = database.connect()) {
                open.setAutoCommit(false);
                Sql.run(open, "insert into messages (conversation_id, content) values (?, 'at last')", held);
                CompletableFuture<Void> behind = CompletableFuture.runAsync(() -> sendUntilStored(held));
                for (int i = 0; i < TRANSACTIONS; i++) {
                    Sql.on(database).run(FILL, ROWS);
                }
                probe.median(1); // the tail is through with them
                Cost during = measure(probe);

                assertTrue(during.median() < 3 * before.median() + 10,
                        () -> "others' median went from " + before.median() + " to " + during.median() + " ms");
                assertTrue(during.rowsRead() < 3 * before.rowsRead() + 20,
                        () -> "rows of the log read for each message went from " + before.rowsRead() + " to " + during.rowsRead());
                assertEquals(0, waiting.deliveries().count());
                assertEquals(List.of(), waiting.closes());

                open.commit();
                Await.until(() -> waiting.deliveries().count() >= 1, PATIENCE, "the message of the long transaction");
                behind.join();
                assertEquals(201, Api.of(instance).send(held, UUID.randomUUID(), "after it").statusCode());
                Await.until(() -> waiting.deliveries().count() == 3, PATIENCE, "the messages after it");
                waiting.deliveries().assertNoViolation();
            }
        }
    }

    /** Its counter is free, so nothing but the foreign key's own lock tells that the message has to wait. */
    @Test
    @Order(1)
    void aConversationThatSomebodyHasLockedHoldsUpNobodyElse() throws Exception {
        try (LatencyProbe probe = LatencyProbe.on(database, instance)) {
            UUID held = Conversations.insert(database, "locked");
            assertEquals(201, Api.of(instance).send(held, UUID.randomUUID(), "before").statusCode());
            double before = probe.median(SAMPLES);
            try (Connection open = database.connect()) {
                open.setAutoCommit(false);
                Sql.run(open, "update conversations set id = id where id = ?", held);
                Sql.run(open, "select from conversations where id = ? for update", held);
                List<CompletableFuture<Void>> behind = IntStream.range(0, 5).mapToObj(i -> CompletableFuture.runAsync(() -> sendUntilStored(held))).toList();
                double during = probe.median(SAMPLES);
                assertTrue(during < 3 * before + 10, () -> "others' median went from " + before + " to " + during + " ms");
                assertTrue(behind.stream().noneMatch(CompletableFuture::isDone), "the messages to the locked conversation wait");
                open.commit();
                behind.forEach(CompletableFuture::join);
            }
            assertEquals(6L, Sql.on(database).value("select count(*) from messages where conversation_id = ?", Long.class, held));
        }
    }

    /** The first one, so no counter is there to be passed over: the message has to be looked at for itself. */
    @Test
    @Order(1)
    void aFirstMessageToALockedConversationHoldsUpNobodyElsesSends() throws Exception {
        UUID locked = Conversations.insert(database, "locked");
        List<UUID> others = Conversations.insert(database, 8);
        sendToEach(others); // warm-up
        long before = sendToEach(others);
        try (Connection open = database.connect()) {
            open.setAutoCommit(false);
            Sql.run(open, "select from conversations where id = ? for update", locked);
            CompletableFuture<Void> behind = CompletableFuture.runAsync(() -> sendUntilStored(locked));
            long during = sendToEach(others);
            assertTrue(during < 3 * before + 2_000, () -> "the others' sends took " + before + " ms and then " + during);
            assertFalse(behind.isDone(), "the message to the locked conversation waits");
            open.commit();
            behind.join();
        }
    }

    /** In milliseconds. */
    private static long sendToEach(List<UUID> conversations) {
        long start = System.nanoTime();
        List<CompletableFuture<Void>> senders = conversations.stream().map(conversation -> CompletableFuture.runAsync(() -> {
            for (int i = 0; i < 50; i++) {
                assertEquals(201, Api.of(instance).send(conversation, UUID.randomUUID(), "one of many").statusCode());
            }
        }, work -> new Thread(work).start())).toList(); // all at once, on however many cores
        senders.forEach(CompletableFuture::join);
        return (System.nanoTime() - start) / 1_000_000;
    }

    /** Who waits too long behind the lock may be told so, and tries again. */
    private static void sendUntilStored(UUID conversation) {
        UUID id = UUID.randomUUID();
        Await.until(() -> {
            int status = Api.of(instance).send(conversation, id, "behind it").statusCode();
            assertTrue(status == 200 || status == 201 || status == 503, () -> "the message behind the open transaction: " + status);
            return status != 503;
        }, PATIENCE, "the message behind the open transaction is stored");
    }

    /** The least of some windows: the server's counters come in late, and what was read before a window may be counted in it. */
    private static Cost measure(LatencyProbe probe) {
        double median = Double.MAX_VALUE;
        double rowsRead = Double.MAX_VALUE;
        for (int i = 0; i < WINDOWS; i++) {
            Cost window = measureOnce(probe);
            median = Math.min(median, window.median());
            rowsRead = Math.min(rowsRead, window.rowsRead());
        }
        return new Cost(median, rowsRead);
    }

    private static Cost measureOnce(LatencyProbe probe) {
        Sql sql = Sql.on(database);
        long scans = sql.value(SCANS, Long.class);
        long rows = sql.value(ROWS_READ, Long.class);
        double median = probe.median(SAMPLES);
        Await.until(() -> sql.value(SCANS, Long.class) >= scans + SAMPLES, PATIENCE, "counters of the server");
        return new Cost(median, (sql.value(ROWS_READ, Long.class) - rows) / (double) SAMPLES);
    }
}
