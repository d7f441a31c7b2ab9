package dev.parley.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.parley.testing.Await;
import dev.parley.testing.Conversations;
import dev.parley.testing.Deliveries;
import dev.parley.testing.Follower;
import dev.parley.testing.Instance;
import dev.parley.testing.Load;
import dev.parley.testing.Readers;
import dev.parley.testing.Seed;
import dev.parley.testing.TestPostgres;
import dev.parley.testing.Truth;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/** An instance dies under load; its clients go to the other one with what they know, and retry what was not acknowledged. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class KilledInstanceIT {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final long seed = Seed.of(getClass());
    private static TestPostgres database;
    private static Instance dying;
    private static Instance surviving;
    private List<UUID> conversations;

    @BeforeAll
    static void start() {
        database = TestPostgres.startMigrated();
        dying = Instance.over(database).begin();
        surviving = Instance.over(database).begin();
    }

    @BeforeEach
    void newConversations() {
        dying.awaitReady();
        surviving.awaitReady();
        conversations = Conversations.insert(database, 20);
    }

    @AfterAll
    static void stop() {
        dying.close();
        surviving.close();
        database.close();
    }

    @Test
    @Order(1)
    void aKilledInstancesClientsGetEveryMessageOnceFromTheOther() throws IOException {
        List<Instance> both = List.of(dying, surviving);
        try (Readers readers = Readers.join(both, conversations, 3).reconnectingTo(List.of(surviving, dying));
                Load load = Load.to(conversations, seed).pause(Duration.ofMillis(3)).rest(5, both).socket(5, both).sql(2, database, 1).start()) {
            for (int round = 1; round <= 2; round++) {
                awaitProgress(load, 400);
                dying.kill();
                awaitProgress(load, 400);
                dying.begin().awaitReady();
            }
            awaitProgress(load, 300);
            load.stop();
            assertExactAfterReconnects(readers, load);
        }
    }

    /** The last one: the instance stays away. */
    @Test
    @Order(2)
    void aDrainedInstanceSendsItsClientsAwayWithACodeThatMeansReconnect() throws IOException {
        List<Instance> both = List.of(dying, surviving);
        try (Readers readers = Readers.join(both, conversations, 2).reconnectingTo(List.of(surviving));
                Load load = Load.to(conversations, seed).pause(Duration.ofMillis(3)).rest(4, both).socket(4, both).start()) {
            awaitProgress(load, 500);
            dying.stop();
            awaitProgress(load, 500);
            load.stop();
            assertExactAfterReconnects(readers, load);
            List<Integer> codes = readers.all().stream().flatMap(stream -> stream.closes().stream()).map(close -> close.code()).distinct().toList();
            assertEquals(List.of(1012), codes);
        }
    }

    private void assertExactAfterReconnects(Readers readers, Load load) {
        long moved = readers.all().stream().filter(stream -> !stream.closes().isEmpty()).count();
        assertTrue(moved >= conversations.size(), () -> "only " + moved + " streams had to move");
        Map<UUID, List<Deliveries.Entry>> committed = Truth.messages(database, conversations);
        Truth.assertHolds(load.acknowledged(), committed);
        Truth.assertNumberedWithoutGap(committed);
        assertEquals(load.acknowledged().size(), committed.values().stream().mapToInt(List::size).sum(), "one row for each message");
        readers.assertExactlyBeforeAFence(database, conversations, PATIENCE);
        for (Follower stream : readers.all()) {
            assertEquals(List.of(), stream.disturbances());
        }
    }

    private static void awaitProgress(Load load, int messages) {
        int target = load.acknowledged().size() + messages;
        Await.until(() -> load.acknowledged().size() >= target, PATIENCE, () -> load.acknowledged().size() + " of " + target + " acknowledged");
    }
}
