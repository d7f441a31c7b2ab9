package dev.parley.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.parley.testing.Await;
import dev.parley.testing.Conversations;
import dev.parley.testing.Deliveries;
import dev.parley.testing.Instance;
import dev.parley.testing.LatencyProbe;
import dev.parley.testing.Sql;
import dev.parley.testing.StreamClient;
import dev.parley.testing.TestPostgres;
import dev.parley.testing.Truth;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Readers that stop reading: the service's memory stays bounded, others notice nothing, and once they read again they get everything. */
class SlowReaderIT {

    private static final Duration PATIENCE = Duration.ofSeconds(120);
    private static final int SAMPLES = 60;
    /** 64 KiB in UTF-8, and next to nothing in the database, which compresses it. */
    private static final String CONTENT = "repeat('\uD83D\uDC22', 16384)";
    private static final int MESSAGES = 3_000;
    private static final int CHUNK = 50;
    /** In heap and direct memory together the messages do not fit even once. */
    private static final String[] MEMORY = {"-Xmx144m", "-XX:MaxDirectMemorySize=96m"};
    private static final long GROWTH_LIMIT = 160L << 20;

    @Test
    void readersThatStopReadingCostBoundedMemoryDelayNobodyAndLoseNothing() throws Exception {
        try (TestPostgres database = TestPostgres.startMigrated(); Instance instance = Instance.over(database).jvm(MEMORY).start()) {
            UUID conversation = Conversations.insert(database, "flood");
            List<StreamClient> slow = new ArrayList<>();
            try (StreamClient fast = StreamClient.conversation(conversation).after(0).join(instance); LatencyProbe probe = LatencyProbe.on(database, instance)) {
                probe.median(SAMPLES); // warm-up
                double before = probe.median(SAMPLES);
                for (int i = 0; i < 4; i++) {
                    slow.add((i < 2 ? StreamClient.conversation(conversation).after(0) : StreamClient.global()).reconnectingTo(List.of(instance)).join(instance));
                }
                slow.forEach(StreamClient::pause);
                long resident = instance.residentBytes();
                flood(database, conversation, fast);
                long grown = instance.residentBytes() - resident;
                double during = probe.median(SAMPLES);

                assertTrue(instance.isAlive(), "the instance lives");
                assertFalse(instance.log().contains("OutOfMemoryError"), "the instance ran out of memory");
                assertTrue(resident < 0 || grown < GROWTH_LIMIT, () -> "memory grew by " + (grown >> 20) + " MiB");
                assertTrue(during < 3 * before + 10, () -> "others' median went from " + before + " to " + during + " ms");
                assertEquals(List.of(), fast.closes());

                slow.forEach(StreamClient::resume);
                Map<UUID, List<Deliveries.Entry>> flood = Truth.messages(database, List.of(conversation));
                for (StreamClient stream : slow) {
                    Await.until(() -> stream.deliveries().delivered().getOrDefault(conversation, List.of()).size() >= MESSAGES, PATIENCE,
                            () -> "the slow reader has everything; has " + stream.deliveries().count() + ", closed " + stream.closes() + ", " + stream.frames());
                    stream.deliveries().assertNoViolation();
                    assertEquals(flood.get(conversation), stream.deliveries().delivered().get(conversation));
                    assertEquals(List.of(), stream.frames("resync"));
                }
                fast.deliveries().assertExactly(flood);
            } finally {
                slow.forEach(StreamClient::close);
            }
        }
    }

    /** Writes as fast as the fast reader reads. */
    private static void flood(TestPostgres database, UUID conversation, StreamClient fast) {
        for (int written = CHUNK; written <= MESSAGES; written += CHUNK) {
            Sql.on(database).run("insert into messages (conversation_id, content) select ?, " + CONTENT + " from generate_series(1, ?)", conversation, CHUNK);
            long wanted = written - CHUNK;
            Await.until(() -> fast.deliveries().count() >= wanted, PATIENCE,
                    () -> "the fast reader has " + wanted + "; has " + fast.deliveries().count() + ", closed " + fast.closes());
        }
        Await.until(() -> fast.deliveries().count() == MESSAGES, PATIENCE, "the fast reader has everything");
    }
}
