package dev.parley.faults;

import dev.parley.testing.Await;
import dev.parley.testing.Conversations;
import dev.parley.testing.Deliveries;
import dev.parley.testing.Instance;
import dev.parley.testing.Load;
import dev.parley.testing.Seed;
import dev.parley.testing.StreamClient;
import dev.parley.testing.TestPostgres;
import dev.parley.testing.Truth;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/**
 * Streams that join at random moments while everybody writes: between replay and live there is neither gap nor repeat. Pages are small, so that most
 * replays take several and changes come while they are read.
 */
class JoinIT {

    private static final int JOINS = 2_000;
    private static final int JOINERS = 16;
    /** So many that none becomes long: what a join replays would otherwise cost more and more, and tell no more. */
    private static final int CONVERSATIONS = 16;
    private static final int LIVE_MESSAGES = 3;
    private static final int NOW_AND_THEN = 3;
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final long seed = Seed.of(getClass());
    private final AtomicInteger joins = new AtomicInteger();
    private final List<Throwable> failures = new CopyOnWriteArrayList<>();
    private final List<Joined> joined = new CopyOnWriteArrayList<>();

    /** What one join saw, to be compared with the table once all is written. */
    private record Joined(StreamClient stream, String how) {
    }

    @Test
    void twoThousandJoinsUnderLoadSeeNeitherGapNorRepeat() throws Exception {
        try (TestPostgres database = TestPostgres.start(); Instance instance = Instance.over(database)
                .setting("parley.stream.replay-page", "40").setting("parley.feed.page-size", "15").start()) {
            List<UUID> conversations = Conversations.insert(database, CONVERSATIONS);
            List<Instance> instances = List.of(instance);
            try (Load load = Load.to(conversations, seed).pause(Duration.ofMillis(25))
                    .rest(4, instances).socket(4, instances).sql(4, database, 2).start()) {
                Await.until(() -> load.acknowledged().size() > 200, PATIENCE, "something to replay");
                joinAtRandom(instance, conversations);
                load.stop();
            }
            Map<UUID, List<Deliveries.Entry>> committed = Truth.messages(database);
            for (Joined join : joined) {
                assertContinuous(join, committed);
            }
        }
    }

    private void joinAtRandom(Instance instance, List<UUID> conversations) throws InterruptedException {
        List<Thread> joiners = new ArrayList<>();
        for (int i = 0; i < JOINERS; i++) {
            Random random = Seed.stream(seed, 1_000 + i);
            Thread joiner = new Thread(() -> {
                try {
                    String[] position = new String[1];
                    while (joins.incrementAndGet() <= JOINS) {
                        join(instance, conversations.get(random.nextInt(conversations.size())), random, position);
                    }
                } catch (Throwable e) {
                    failures.add(e);
                }
            }, "joiner-" + i);
            joiners.add(joiner);
            joiner.start();
        }
        for (Thread joiner : joiners) {
            joiner.join();
        }
        if (!failures.isEmpty()) {
            throw new AssertionError(failures.size() + " joiners failed", failures.get(0));
        }
    }

    /** @param position where an earlier global stream of this joiner was, null before the first */
    private void join(Instance instance, UUID conversation, Random random, String[] position) throws IOException {
        switch (random.nextInt(4)) {
            case 0 -> run(StreamClient.conversation(conversation).after(0), "after=0", instance);
            case 1 -> {
                long seq = lastSeq(conversation);
                run(StreamClient.conversation(conversation).after(seq == 0 ? 0 : random.nextLong(seq)), "after=random", instance);
            }
            case 2 -> run(StreamClient.conversation(conversation), "without after", instance);
            default -> {
                StreamClient stream = StreamClient.global();
                if (position[0] != null) {
                    stream.at(position[0]);
                }
                run(stream, position[0] == null ? "global" : "global resumed", instance);
                if (position[0] == null || random.nextInt(NOW_AND_THEN) > 0) {
                    position[0] = stream.position();
                }
            }
        }
    }

    private long lastSeq(UUID conversation) {
        return joined.stream().filter(join -> conversation.equals(join.stream().conversation()))
                .mapToLong(join -> join.stream().deliveries().last(conversation)).max().orElse(0);
    }

    private void run(StreamClient stream, String how, Instance instance) throws IOException {
        try (stream) {
            stream.join(instance);
            long backlog = stream.deliveries().count();
            Await.until(() -> stream.deliveries().count() >= backlog + LIVE_MESSAGES, PATIENCE,
                    () -> how + ": " + LIVE_MESSAGES + " messages after live; closed " + stream.closes() + " frames " + stream.frames());
        }
        stream.deliveries().assertNoViolation();
        joined.add(new Joined(stream, how));
    }

    /** What came is one unbroken piece of each conversation, the same ids under the same numbers as in the table. */
    private static void assertContinuous(Joined join, Map<UUID, List<Deliveries.Entry>> committed) {
        join.stream().deliveries().delivered().forEach((conversation, entries) -> {
            int first = (int) entries.get(0).seq();
            List<Deliveries.Entry> piece = committed.get(conversation).subList(first - 1, first - 1 + entries.size());
            if (!piece.equals(entries)) {
                throw new AssertionError(join.how() + " got " + entries + " where the table has " + piece);
            }
        });
    }
}
