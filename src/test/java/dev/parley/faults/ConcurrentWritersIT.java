package dev.parley.faults;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.parley.testing.Conversations;
import dev.parley.testing.Deliveries;
import dev.parley.testing.Instance;
import dev.parley.testing.Load;
import dev.parley.testing.Readers;
import dev.parley.testing.Seed;
import dev.parley.testing.TestPostgres;
import dev.parley.testing.Truth;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Many writers of every kind at once, two replicas, many streams: each stream gets exactly the committed rows. */
class ConcurrentWritersIT {

    private static final int MESSAGES = 10_000;

    @Test
    void everyStreamOfTwoReplicasGetsExactlyTheCommittedRows() throws Exception {
        long seed = Seed.of(getClass());
        try (TestPostgres database = TestPostgres.startMigrated(); Instance one = Instance.over(database).begin();
                Instance two = Instance.over(database).begin()) {
            List<Instance> instances = List.of(one.awaitReady(), two.awaitReady());
            List<UUID> conversations = Conversations.insert(database, 50);
            try (Readers readers = Readers.join(instances, conversations, 2);
                    Load load = Load.to(conversations, seed).messages(MESSAGES)
                            .rest(6, instances).socket(5, instances).sql(5, database, 3).start()) {
                load.await();
                Map<UUID, List<Deliveries.Entry>> committed = Truth.messages(database);
                Truth.assertHolds(load.acknowledged(), committed);
                Truth.assertNumberedWithoutGap(committed);
                readers.assertExactlyBeforeAFence(database, conversations, Duration.ofSeconds(60));
                readers.assertUndisturbed();
                long rows = committed.values().stream().mapToLong(List::size).sum();
                assertTrue(rows >= MESSAGES && rows == load.acknowledged().size(),
                        () -> rows + " rows, " + load.acknowledged().size() + " acknowledged");
            }
        }
    }
}
