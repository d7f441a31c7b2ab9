package dev.parley.realtime;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.parley.testing.Await;
import dev.parley.testing.Instance;
import dev.parley.testing.Sql;
import dev.parley.testing.TestPostgres;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Who is there, over two replicas, one of which ends in one way or another. */
class PresenceReplicasIT {

    private static final String KEY = "sb_publishable_parley";
    private static final Duration HEARTBEAT = Duration.ofMillis(500);
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private static TestPostgres database;
    private static Instance here;
    private static Instance there;

    private final String room = "room-" + UUID.randomUUID();

    @BeforeAll
    static void start() {
        database = TestPostgres.startMigrated();
        here = begin();
        there = begin();
    }

    @BeforeEach
    void bothAreThere() {
        if (!there.isAlive()) {
            there.begin();
        }
        here.awaitReady();
        there.awaitReady();
    }

    private static Instance begin() {
        return Instance.over(database).setting("parley.keys.publishable", KEY).setting("parley.presence.heartbeat", HEARTBEAT.toMillis() + "ms").begin();
    }

    @AfterAll
    static void stop() {
        here.close();
        there.close();
        database.close();
    }

    @Test
    void whoIsOnAReplicaThatIsKilledLeavesWithinTheHeartbeatTimeAndOnOneThatStopsAtOnce() {
        try (BroadcastListener watcher = join(here, "ann")) {
            BroadcastListener far = join(there, "bob");
            far.push(room, "presence", "{\"type\":\"presence\",\"event\":\"track\",\"payload\":{\"n\":1}}");
            awaitDiff(watcher, "joins", "bob", 1, PATIENCE);

            there.kill();
            awaitDiff(watcher, "leaves", "bob", 1, HEARTBEAT.multipliedBy(8));

            there.begin().awaitReady();
            BroadcastListener again = join(there, "bob");
            again.push(room, "presence", "{\"type\":\"presence\",\"event\":\"track\",\"payload\":{\"n\":2}}");
            awaitDiff(watcher, "joins", "bob", 2, PATIENCE);
            there.stop();
            // by the time that the process has ended
            awaitDiff(watcher, "leaves", "bob", 2, HEARTBEAT);
        }
    }

    @Test
    void aKeyThatSupabasesClientWouldTakeForAChangeIsReplaced() {
        try (BroadcastListener odd = join(here, "ids")) {
            odd.push(room, "presence", "{\"type\":\"presence\",\"event\":\"track\",\"payload\":{\"n\":1}}");
            Await.until(() -> odd.frames().stream().anyMatch(frame -> frame.get(3).asText().equals("presence_diff")), PATIENCE, "it is there");
            try (BroadcastListener newcomer = join(here, "ann")) {
                Await.until(() -> states(newcomer).size() == 1, PATIENCE, "the newcomer is told who is there");
                JsonNode state = states(newcomer).get(0);
                assertTrue(state.size() == 1 && !state.has("ids"), state::toString);
            }
        }
    }

    private static List<JsonNode> states(BroadcastListener listener) {
        return listener.frames().stream().filter(frame -> frame.get(3).asText().equals("presence_state")).map(frame -> frame.get(4)).toList();
    }

    @Test
    void whoIsThereStaysWhileTheDatabaseIsAwayAndWhoComesMeanwhileIsToldOf() {
        try (BroadcastListener watcher = join(here, "ann"); BroadcastListener far = join(there, "bob"); BroadcastListener other = join(there, "eve")) {
            far.push(room, "presence", "{\"type\":\"presence\",\"event\":\"track\",\"payload\":{\"n\":1}}");
            awaitDiff(watcher, "joins", "bob", 1, PATIENCE);
            database.stop("fast");
            other.push(room, "presence", "{\"type\":\"presence\",\"event\":\"track\",\"payload\":{\"n\":1}}");
            awaitDiff(other, "joins", "eve", 1, PATIENCE);
            Await.pause(HEARTBEAT.multipliedBy(6)); // longer than a replica may be silent
            database.begin();
            awaitDiff(watcher, "joins", "eve", 1, PATIENCE);
            assertTrue(count(watcher, "leaves", "bob") == 0, () -> watcher.frames().toString());
        }
    }

    @Test
    void aDatabaseThatCutsTheBusAgainAndAgainCostsNobodysPresence() {
        try (BroadcastListener watcher = join(here, "ann"); BroadcastListener far = join(there, "bob")) {
            for (int round = 1; round <= 10; round++) {
                Sql.on(database).value("select count(pg_terminate_backend(pid)) from pg_stat_activity where application_name = 'parley-broadcast'", Long.class);
                far.push(room, "presence", "{\"type\":\"presence\",\"event\":\"track\",\"payload\":{\"n\":" + round + "}}");
                int wanted = round;
                Await.until(() -> last(watcher, "bob") == wanted, PATIENCE, () -> "bob says " + wanted + ": " + watcher.frames());
            }
        }
    }

    private BroadcastListener join(Instance instance, String key) {
        return BroadcastListener.join(instance, KEY, room, "{\"presence\":{\"key\":\"" + key + "\",\"enabled\":true}}");
    }

    private static void awaitDiff(BroadcastListener listener, String part, String key, long number, Duration within) {
        Await.until(() -> count(listener, part, key) >= number, within, () -> number + " " + part + " of " + key + ": " + listener.frames());
    }

    private static long count(BroadcastListener listener, String part, String key) {
        return diffs(listener).stream().filter(diff -> diff.get(part).has(key)).count();
    }

    private static int last(BroadcastListener listener, String key) {
        return diffs(listener).stream().filter(diff -> diff.get("joins").has(key)).reduce((first, second) -> second)
                .map(diff -> diff.at("/joins/" + key + "/metas/0/n").asInt()).orElse(0);
    }

    private static List<JsonNode> diffs(BroadcastListener listener) {
        return listener.frames().stream().filter(frame -> frame.get(3).asText().equals("presence_diff")).map(frame -> frame.get(4)).toList();
    }
}
