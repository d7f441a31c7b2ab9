package dev.parley.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.parley.testing.Await;
import dev.parley.testing.Conversations;
import dev.parley.testing.Deliveries;
import dev.parley.testing.Follower;
import dev.parley.testing.Instance;
import dev.parley.testing.Load;
import dev.parley.testing.Protocol;
import dev.parley.testing.Readers;
import dev.parley.testing.Saboteur;
import dev.parley.testing.Seed;
import dev.parley.testing.Sql;
import dev.parley.testing.TestPostgres;
import dev.parley.testing.Truth;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * What every protocol promises about messages: once and in order, whoever wrote them, and exactly on from where a client was, whatever broke in between.
 * Subclasses name the protocol; one database and two instances serve all tests of a class.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public abstract class DeliveryBehaviour {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int CONVERSATIONS = 12;
    private static final String INSERT = "insert into messages (conversation_id, content) values (?, ?)";

    private final Protocol protocol;
    private final long seed = Seed.of(getClass());
    private TestPostgres database;
    private Instance first;
    private Instance second;
    private List<Instance> both;
    private List<UUID> conversations;
    private int crashes;

    protected DeliveryBehaviour(Protocol protocol) {
        this.protocol = protocol;
    }

    @BeforeAll
    void start() {
        database = TestPostgres.startMigrated();
        first = Instance.over(database).begin();
        second = Instance.over(database).begin();
        both = List.of(first.awaitReady(), second.awaitReady());
    }

    @AfterAll
    void stop() {
        first.close();
        second.close();
        database.close();
    }

    @BeforeEach
    void newConversations() {
        both.forEach(Instance::awaitReady);
        conversations = Conversations.insert(database, CONVERSATIONS);
    }

    @Test
    void everyReaderGetsExactlyTheCommittedRowsOfConcurrentWriters() throws IOException {
        try (Readers readers = Readers.join(protocol, both, conversations, 2);
                Load load = Load.to(conversations, seed).messages(2_500).rest(4, both).socket(4, both).sql(5, database, 3).start()) {
            load.await();
            assertExact(readers, load);
            readers.assertUndisturbed();
        }
    }

    @Test
    void aReaderWhoseConnectionBreaksGoesOnWhereItWas() throws IOException {
        Random random = Seed.stream(seed, 1);
        try (Readers readers = joinedAndAnchored(both, 3); Load load = load(Duration.ofMillis(5)).start()) {
            int wanted = 80;
            try (Saboteur cuts = Saboteur.every(Duration.ofMillis(40), () -> {
                Follower victim = readers.all().get(random.nextInt(readers.all().size()));
                victim.reconnect(random.nextBoolean() ? List.of(first, second) : List.of(second, first));
                return true;
            })) {
                Await.until(() -> cuts.hits() >= wanted, PATIENCE, () -> cuts.hits() + " of " + wanted + " cuts");
            }
            load.stop();
            readers.all().forEach(Follower::awaitLive);
            assertExact(readers, load);
            readers.assertUndisturbed();
        }
    }

    @Test
    void rowsThatForeignProgramsInsertArriveWhenTheyCommit() throws Exception {
        UUID early = conversations.get(0);
        UUID late = conversations.get(1);
        try (Readers readers = Readers.join(protocol, both, conversations, 1); Connection open = database.connect(); Connection lost = database.connect()) {
            open.setAutoCommit(false);
            Sql.run(open, INSERT, late, "begun first, committed last");
            lost.setAutoCommit(false);
            Sql.run(lost, INSERT, conversations.get(2), "never");
            Sql.on(database).run("insert into messages (conversation_id, content) select ?, 'row ' || n from generate_series(1, 300) n", early);
            Sql.on(database).transaction(connection -> aroundASavepoint(connection, early));
            Sql.on(database).run("insert into messages (conversation_id, content) select unnest(?::uuid[]), 'one statement for all'",
                    arrayOf(conversations.subList(3, CONVERSATIONS)));
            readers.assertExactly(Truth.messages(database, conversations), PATIENCE);
            lost.rollback();
            open.commit();
            readers.assertExactly(Truth.messages(database, conversations), PATIENCE);
            assertEquals(301, Truth.messages(database).get(early).size());
            assertEquals(1, Truth.messages(database).get(late).size());
            readers.assertUndisturbed();
        }
    }

    @Test
    void aDoorbellThatIsKilledEverySecondCostsNoRow() throws IOException {
        String kill = "select count(pg_terminate_backend(pid)) from pg_stat_activity where application_name = 'parley-doorbell'";
        try (Readers readers = Readers.join(protocol, both, conversations, 2); Load load = load(Duration.ofMillis(5)).start()) {
            int wanted = 5;
            try (Saboteur killer = Saboteur.every(Duration.ofSeconds(1), () -> Sql.on(database).value(kill, Long.class) > 0)) {
                Await.until(() -> killer.hits() >= wanted, PATIENCE, () -> killer.hits() + " of " + wanted + " hits");
            }
            load.stop();
            assertExact(readers, load);
            readers.assertUndisturbed();
        }
    }

    @Test
    void crashesAndRestartsOfTheDatabaseCostNoRowAndNoSocket() throws IOException {
        try (Readers readers = Readers.join(protocol, both, conversations, 2); Load load = load(Duration.ofMillis(5)).start()) {
            for (int i = 0; i < 3; i++) {
                both.forEach(Instance::awaitReady);
                awaitProgress(load); // each hits a service that works again
                crashOrRestart();
            }
            load.stop();
            assertExact(readers, load);
            readers.assertUndisturbed();
        }
    }

    @Test
    void aReaderThatStopsReadingCatchesUpAndKeepsNobodyWaiting() throws IOException {
        int rows = 250; // half of them is more than what the sockets on the way and the queue hold
        UUID flooded = conversations.get(0);
        List<Follower> slow = List.of(protocol.conversation(flooded).after(0), protocol.global());
        try (Readers others = Readers.join(protocol, both, conversations, 1)) {
            for (Follower reader : slow) {
                reader.reconnectingTo(both).join(first).pause();
            }
            // 64 KiB each in UTF-8, and next to nothing in the database, which compresses it
            String flood = "insert into messages (conversation_id, content) select ?, repeat('\uD83D\uDC22', 16384) from generate_series(1, 50)";
            for (int written = 0; written < rows; written += 50) {
                Sql.on(database).run(flood, flooded);
            }
            Map<UUID, List<Deliveries.Entry>> committed = Truth.messages(database, conversations);
            others.assertExactly(committed, PATIENCE);
            slow.forEach(reader -> assertTrue(reader.deliveries().count() < rows / 2, () -> "not slow: " + reader.deliveries().count()));
            slow.forEach(Follower::resume);
            for (Follower reader : slow) {
                Await.until(() -> reader.deliveries().count() >= rows, PATIENCE,
                        () -> "the slow reader has everything; has " + reader.deliveries().count() + ", closed " + reader.closes() + ", told " + reader.disturbances());
                reader.deliveries().assertExactly(committed);
                assertEquals(List.of(), reader.disturbances());
            }
            others.assertUndisturbed();
        } finally {
            slow.forEach(Follower::close);
        }
    }

    @Test
    void aKilledInstancesReadersGoOnAtTheOther() throws IOException {
        try (Readers readers = joinedAndAnchored(both, 2).reconnectingTo(List.of(second, first)); Load load = load(Duration.ofMillis(5)).start()) {
            awaitProgress(load);
            first.kill();
            awaitProgress(load);
            first.begin().awaitReady();
            awaitProgress(load);
            load.stop();
            assertMoved(readers);
            assertExact(readers, load);
        }
    }

    @Test
    void aDrainedInstancesReadersGoOnAtTheOther() throws IOException {
        try (Readers readers = joinedAndAnchored(both, 2).reconnectingTo(List.of(second, first)); Load load = load(Duration.ofMillis(5)).start()) {
            awaitProgress(load);
            first.stop();
            first.begin();
            awaitProgress(load);
            first.awaitReady();
            load.stop();
            assertMoved(readers);
            assertEquals(List.of(1012), readers.all().stream().flatMap(reader -> reader.closes().stream()).map(closed -> closed.code()).distinct().toList());
            assertExact(readers, load);
        }
    }

    private void crashOrRestart() {
        if (crashes++ % 2 == 0) {
            database.crash();
        } else {
            database.restart();
        }
    }

    /** Readers each of which has seen something: who has not, knows no place to go on from. */
    private Readers joinedAndAnchored(List<Instance> instances, int globals) throws IOException {
        Readers readers = Readers.join(protocol, instances, conversations, globals);
        conversations.forEach(conversation -> Sql.on(database).run(INSERT, conversation, "anchor"));
        readers.assertExactly(Truth.messages(database, conversations), PATIENCE);
        return readers;
    }

    private Load.Builder load(Duration pause) {
        return Load.to(conversations, seed).pause(pause).rest(3, both).socket(3, both).sql(3, database, 2);
    }

    private void assertExact(Readers readers, Load load) {
        Map<UUID, List<Deliveries.Entry>> committed = Truth.messages(database, conversations);
        assertTrue(load.acknowledged().size() > 300, () -> "only " + load.acknowledged().size() + " acknowledged: too few to show anything");
        Truth.assertHolds(load.acknowledged(), committed);
        Truth.assertNumberedWithoutGap(committed);
        readers.assertExactlyBeforeAFence(database, conversations, PATIENCE);
    }

    private void assertMoved(Readers readers) {
        long moved = readers.all().stream().filter(reader -> !reader.closes().isEmpty()).count();
        assertTrue(moved >= CONVERSATIONS, () -> "only " + moved + " readers had to move");
    }

    private static void awaitProgress(Load load) {
        int target = load.acknowledged().size() + 250;
        Await.until(() -> load.acknowledged().size() >= target, PATIENCE, () -> load.acknowledged().size() + " of " + target + " acknowledged");
    }

    private static int aroundASavepoint(Connection connection, UUID conversation) throws SQLException {
        Sql.run(connection, INSERT, conversation, "before the savepoint");
        Savepoint savepoint = connection.setSavepoint();
        Sql.run(connection, INSERT, conversation, "undone");
        connection.rollback(savepoint);
        return 1;
    }

    private static String arrayOf(List<UUID> ids) {
        return ids.stream().map(UUID::toString).collect(Collectors.joining(",", "{", "}"));
    }
}
