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
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** An instance by itself hands on what it stored without reading it again, and nobody notices: whoever else writes, whatever breaks. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OwnCommitsIT {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String STEPS = "parley_feed_steps_total";

    private final long seed = Seed.of(getClass());
    private TestPostgres database;
    private Instance instance;
    private List<UUID> conversations;

    @BeforeAll
    void start() {
        database = TestPostgres.startMigrated();
        instance = Instance.over(database).start();
    }

    @BeforeEach
    void newConversations() {
        instance.awaitReady();
        conversations = Conversations.insert(database, 20);
    }

    @AfterAll
    void stop() {
        instance.close();
        database.close();
    }

    @Test
    void readersThatComeAndGoGetExactlyTheCommittedRowsBesideOtherWriters() throws IOException {
        Random random = Seed.stream(seed, 1);
        try (Readers supabase = Readers.join(Protocol.SUPABASE_2, List.of(instance), conversations, 2); Readers plain = anchored();
                Load load = Load.to(conversations, seed).pause(Duration.ofMillis(2)).rest(6, List.of(instance)).socket(6, List.of(instance)).sql(2, database, 1).start();
                Saboteur cuts = Saboteur.every(Duration.ofMillis(100), () -> {
                    plain.all().get(random.nextInt(plain.all().size())).reconnect(List.of(instance));
                    return true;
                })) {
            awaitSteps(load, 150);
            Await.until(() -> cuts.hits() > 20, PATIENCE, () -> cuts.hits() + " cuts"); // a fast machine has taken its steps before
            cuts.close();
            load.stop();
            plain.all().forEach(Follower::awaitLive);
            assertExact(load, plain, supabase);
        }
    }

    @Test
    void crashesAndRestartsOfTheDatabaseCostNoRow() throws IOException {
        try (Readers readers = anchored();
                Load load = Load.to(conversations, seed).pause(Duration.ofMillis(2)).rest(6, List.of(instance)).socket(6, List.of(instance)).sql(1, database, 1).start()) {
            for (int i = 0; i < 2; i++) {
                awaitSteps(load, 50);
                if (i % 2 == 0) {
                    database.crash();
                } else {
                    database.restart();
                }
            }
            awaitSteps(load, 50);
            load.stop();
            assertExact(load, readers);
            readers.assertUndisturbed();
        }
    }

    @Test
    void whatSomebodysTriggerWritesInTheSameTransactionComesToo() throws IOException {
        try (Readers readers = anchored();
                Load load = Load.to(conversations, seed).pause(Duration.ofMillis(2)).rest(6, List.of(instance)).socket(6, List.of(instance)).start()) {
            awaitSteps(load, 50);
            Sql.on(database).run("""
                    create function answer() returns trigger language plpgsql as $$
                    begin insert into messages (conversation_id, sender_id, sender_role, content) values (new.conversation_id, 'answer', 'system', 'noted'); return null; end $$;
                    create constraint trigger answer after insert on messages initially deferred for each row when (new.sender_id <> 'answer') execute function answer();
                    """);
            int answered = load.acknowledged().size() + 300;
            Await.until(() -> load.acknowledged().size() > answered, PATIENCE, () -> load.acknowledged().size() + " of " + answered + " acknowledged");
            Sql.on(database).run("drop function answer() cascade");
            awaitSteps(load, 50);
            load.stop();
            Map<UUID, List<Deliveries.Entry>> committed = Truth.messages(database, conversations);
            assertTrue(Sql.on(database).value("select count(*) from messages where sender_id = 'answer'", Long.class) > 200);
            Truth.assertHolds(load.acknowledged(), committed);
            readers.assertExactly(committed, PATIENCE);
            readers.assertUndisturbed();
        }
    }

    /** Readers each of which has seen something: who has not, knows no place to go on from. */
    private Readers anchored() throws IOException {
        Readers readers = Readers.join(List.of(instance), conversations, 2);
        conversations.forEach(conversation -> Sql.on(database).run("insert into messages (conversation_id, content) values (?, 'anchor')", conversation));
        readers.assertExactly(Truth.messages(database, conversations), PATIENCE);
        return readers;
    }

    /** A test in which everything is read after all has shown nothing. */
    private void awaitSteps(Load load, int more) {
        double target = instance.metric(STEPS) + more;
        Await.until(() -> instance.metric(STEPS) >= target, PATIENCE,
                () -> instance.metric(STEPS) + " of " + target + " steps, " + load.acknowledged().size() + " acknowledged");
    }

    private void assertExact(Load load, Readers... all) {
        Map<UUID, List<Deliveries.Entry>> committed = Truth.messages(database, conversations);
        Truth.assertHolds(load.acknowledged(), committed);
        Truth.assertNumberedWithoutGap(committed);
        for (Readers readers : all) {
            readers.assertExactlyBeforeAFence(database, conversations, PATIENCE);
            readers.all().forEach(reader -> assertEquals(List.of(), reader.disturbances()));
        }
    }
}
