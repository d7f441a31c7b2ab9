package dev.parley.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.parley.testing.Await;
import dev.parley.testing.Conversations;
import dev.parley.testing.Deliveries;
import dev.parley.testing.Instance;
import dev.parley.testing.Load;
import dev.parley.testing.Readers;
import dev.parley.testing.Saboteur;
import dev.parley.testing.Seed;
import dev.parley.testing.Sql;
import dev.parley.testing.TestPostgres;
import dev.parley.testing.Truth;
import dev.parley.testing.Witness;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Connections of the service are killed and the database itself goes down, in order and not: nothing acknowledged is lost, nothing comes twice, sockets stay open. */
class DatabaseFaultsIT {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String KILL = """
            select count(pg_terminate_backend(pid)) from pg_stat_activity where application_name = '%s'""";

    private final long seed = Seed.of(getClass());
    private static TestPostgres database;
    private static List<Instance> instances;
    private List<UUID> conversations;

    @BeforeAll
    static void start() {
        database = TestPostgres.startMigrated();
        instances = List.of(Instance.over(database).begin(), Instance.over(database).begin());
    }

    @BeforeEach
    void newConversations() {
        instances.forEach(Instance::awaitReady);
        conversations = Conversations.insert(database, 30);
    }

    @AfterAll
    static void stop() {
        instances.forEach(Instance::close);
        database.close();
    }

    @Test
    void aDoorbellThatIsKilledEverySecondCostsNoRow() throws IOException {
        assertExactWhileKilling("parley-doorbell");
    }

    @Test
    void aTailThatIsKilledEverySecondCostsNoRow() throws IOException {
        assertExactWhileKilling("parley-tail");
    }

    @Test
    void crashesAndRestartsOfTheDatabaseCostNoRowAndNoSocket() throws IOException {
        try (Readers readers = Readers.join(instances, conversations, 2);
                Load load = load(Duration.ofMillis(3)).start();
                // Transaction ids that no flush has seen: after a crash they are given out again.
                Saboteur unflushed = Saboteur.every(Duration.ofMillis(5), this::takeUnflushedTransactionIds)) {
            for (int i = 0; i < 6; i++) {
                if (i % 3 != 1) { // the others hit a service that works again, this one comes while it is still finding out
                    instances.forEach(Instance::awaitReady);
                    int written = load.acknowledged().size() + 250;
                    Await.until(() -> load.acknowledged().size() >= written, PATIENCE, () -> load.acknowledged().size() + " of " + written + " acknowledged");
                }
                crashOrRestart();
            }
            load.stop();
            assertTrue(unflushed.hits() > 0);
            assertExact(readers, load);
        }
    }

    /**
     * Transactions that only notify or roll back take ids that are not flushed. Here the tail has looked past such ids when the database crashes, and the
     * rows that follow get the very same ids: a reader that took "below the newest id seen" for delivered would never ask for them again.
     */
    @Test
    void rowsUnderTransactionIdsThatComeAgainAfterACrashAreDelivered() throws IOException {
        Sql sql = Sql.on(database);
        sql.run("alter system set wal_writer_delay = '10s'"); // or the ids would be flushed in the background before the crash
        sql.run("select pg_reload_conf()");
        try (Readers readers = Readers.join(instances, conversations, 2)) {
            int cameAgain = 0;
            for (int crash = 1; crash <= 5; crash++) {
                insertOneByOne(5);
                long highest = takeUnflushedTransactionIdsThatTheTailsSee();
                database.crash();
                if (insertOneByOne(40) <= highest) {
                    cameAgain++;
                }
                readers.assertExactly(Truth.messages(database, conversations), PATIENCE);
            }
            readers.assertExactlyBeforeAFence(database, conversations, PATIENCE);
            readers.assertUndisturbed();
            int times = cameAgain;
            assertTrue(times > 0, "no transaction id came again: this run has shown nothing");
        }
    }

    /**
     * Edits and deletions have no numbers of their own: what counts is that whoever does as the frames say holds what the table holds. Some readers stay connected,
     * and are told of no change of what they have not had; the others come and go.
     */
    @Test
    void whoFollowsInsertsEditsAndDeletionsHoldsWhatTheTableHoldsWhateverBreaks() throws IOException {
        List<UUID> edited = conversations.subList(0, 2);
        Random edits = Seed.stream(seed, 101), breaks = Seed.stream(seed, 102);
        List<Witness> staying = new ArrayList<>(), returning = new ArrayList<>();
        try {
            for (Instance instance : instances) {
                for (List<Witness> witnesses : List.of(staying, returning)) {
                    witnesses.add(Witness.of(database, instance));
                    witnesses.add(Witness.of(database, instance, edited.get(0)));
                }
            }
            try (Load load = Load.to(edited, seed).pause(Duration.ofMillis(40)).rest(1, instances).socket(1, instances).sql(1, database, 0).start();
                    Saboteur editor = Saboteur.every(Duration.ofMillis(5), () -> edit(edited.get(edits.nextInt(edited.size())), edits));
                    Saboteur kills = Saboteur.every(Duration.ofMillis(400), () -> Sql.on(database).value(KILL.formatted("parley-tail"), Long.class) > 0);
                    Saboteur cuts = Saboteur.every(Duration.ofMillis(100), () -> {
                        returning.get(breaks.nextInt(returning.size())).reconnect(breaks.nextBoolean() ? instances : List.of(instances.get(1), instances.get(0)));
                        return true;
                    })) {
                for (int i = 1; i <= 3; i++) {
                    int wanted = 15 * i;
                    Await.until(() -> editor.hits() >= wanted && cuts.hits() >= wanted / 3, PATIENCE,
                            () -> editor.hits() + " of " + wanted + " edits, " + cuts.hits() + " of " + wanted / 3 + " cuts");
                    crashOrRestart();
                }
                cuts.close();
                editor.close();
                load.stop();
                assertTrue(kills.hits() > 0);
            }
            returning.forEach(witness -> witness.stream().awaitLive());
            for (List<Witness> witnesses : List.of(staying, returning)) {
                for (Witness witness : witnesses) {
                    UUID only = witness.stream().conversation();
                    for (UUID conversation : only == null ? edited : List.of(only)) {
                        witness.assertSawExactly(conversation);
                    }
                    assertEquals(List.of(), witness.stream().disturbances());
                }
            }
            staying.forEach(witness -> assertEquals(List.of(), witness.stream().closes()));
        } finally {
            staying.forEach(Witness::close);
            returning.forEach(Witness::close);
        }
    }

    /** One transaction, of one conversation: with several, it and a batch of the service could wait for each other. */
    private boolean edit(UUID conversation, Random random) {
        return Sql.on(database).transaction(connection -> {
            int changed = 0;
            for (int i = 1 + random.nextInt(4); i > 0; i--) {
                changed += edit(connection, conversation, random);
            }
            return changed > 0;
        });
    }

    private static int edit(Connection connection, UUID conversation, Random random) throws SQLException {
        String any = "(select id from messages where conversation_id = ? order by seq offset floor(? * (select count(*) from messages where conversation_id = ?)) limit 1)";
        double place = random.nextDouble();
        switch (random.nextInt(5)) {
            case 0, 1 -> {
                return Sql.run(connection, "update messages set content = content || '.', metadata = '{\"edited\": true}' where id = " + any, conversation, place, conversation);
            }
            case 2 -> {
                return Sql.run(connection, "delete from messages where id = " + any, conversation, place, conversation);
            }
            case 3 -> {
                return Sql.run(connection, "update conversations set subject = ? where id = ?", "subject " + place, conversation);
            }
            default -> {
                UUID id = UUID.randomUUID();
                Sql.run(connection, "insert into messages (id, conversation_id, content) values (?, ?, 'new')", id, conversation);
                Savepoint savepoint = connection.setSavepoint();
                Sql.run(connection, "delete from messages where id = ?", id);
                connection.rollback(savepoint);
                return Sql.run(connection, random.nextBoolean() ? "delete from messages where id = ?" : "update messages set content = 'edited' where id = ?", id);
            }
        }
    }

    /** @return the highest id taken */
    private long takeUnflushedTransactionIdsThatTheTailsSee() {
        return Sql.on(database).with(connection -> {
            long highest = 0;
            for (int i = 0; i < 30; i++) {
                connection.setAutoCommit(false);
                highest = Sql.values(connection, "select pg_current_xact_id()::text::bigint", Long.class).get(0);
                Sql.run(connection, "notify parley");
                connection.commit();
            }
            connection.setAutoCommit(true);
            String since = Sql.values(connection, "select clock_timestamp()::text", String.class).get(0);
            Sql.run(connection, "notify parley");
            Await.until(() -> Sql.values(connection, """
                    select count(*) from pg_stat_activity where application_name = 'parley-tail' and query_start > ?::timestamptz""", Long.class, since)
                    .get(0) == instances.size(), PATIENCE, "both tails have looked");
            return highest;
        });
    }

    /** Each row in a transaction of its own; returns the first one's id. */
    private long insertOneByOne(int rows) {
        return Sql.on(database).with(connection -> {
            long first = 0;
            for (int i = 0; i < rows; i++) {
                long xid = Sql.values(connection, """
                        insert into messages (conversation_id, content) values (?, 'one') returning pg_current_xact_id()::text::bigint""", Long.class,
                        conversations.get(i % conversations.size())).get(0);
                first = first == 0 ? xid : first;
            }
            return first;
        });
    }

    private void assertExactWhileKilling(String applicationName) throws IOException {
        List<Long> saidBefore = instances.stream().map(instance -> instance.log().lines().count()).toList();
        try (Readers readers = Readers.join(instances, conversations, 2); Load load = load(Duration.ofMillis(5)).start()) {
            int wanted = 6;
            try (Saboteur killer = Saboteur.every(Duration.ofSeconds(1),
                    () -> Sql.on(database).value(KILL.formatted(applicationName), Long.class) > 0)) {
                Await.until(() -> killer.hits() >= wanted, PATIENCE, () -> killer.hits() + " of " + wanted + " hits");
            }
            load.stop();
            assertExact(readers, load);
        }
        for (int i = 0; i < instances.size(); i++) {
            List<String> traces = instances.get(i).log().lines().skip(saidBefore.get(i)).filter(line -> line.startsWith("\tat ") || line.startsWith("io.vertx.")).toList();
            assertEquals(List.of(), traces, "what breaks is said in a line, and not by a trace of the client's");
        }
    }

    private Load.Builder load(Duration pause) {
        return Load.to(conversations, seed).pause(pause).rest(4, instances).socket(4, instances).sql(4, database, 2);
    }

    private void assertExact(Readers readers, Load load) {
        Map<UUID, List<Deliveries.Entry>> committed = Truth.messages(database, conversations);
        assertTrue(load.acknowledged().size() > 500, () -> "only " + load.acknowledged().size() + " acknowledged: too few to show anything");
        Truth.assertHolds(load.acknowledged(), committed);
        Truth.assertNumberedWithoutGap(committed);
        readers.assertExactlyBeforeAFence(database, conversations, PATIENCE);
        readers.assertUndisturbed();
    }

    private int crashes;

    private void crashOrRestart() {
        if (crashes++ % 3 == 2) {
            database.restart();
        } else {
            database.crash();
        }
    }

    private boolean takeUnflushedTransactionIds() {
        return Sql.on(database).with(connection -> {
            Sql.run(connection, "notify nobody_listens");
            connection.setAutoCommit(false);
            Sql.run(connection, "select pg_current_xact_id()");
            connection.rollback();
            return true;
        });
    }
}
