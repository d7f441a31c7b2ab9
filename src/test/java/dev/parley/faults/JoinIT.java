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
import java.util.Collections;
import java.util.HashMap;
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
    private static final int RECENT = 600;
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final long seed = Seed.of(getClass());
    private final AtomicInteger joins = new AtomicInteger();
    private final List<Throwable> failures = new CopyOnWriteArrayList<>();
    private final List<Joined> joined = new CopyOnWriteArrayList<>();
    private final List<Place> places = Collections.synchronizedList(new ArrayList<>());
    /** Has been there since before the first message. */
    private StreamClient reference;

    /** What one join saw, to be compared with the table once all is written. */
    private record Joined(StreamClient stream, String how) {
    }

    /** A position of the global stream, and what had come up to it: the last {@code seq} of each conversation. */
    private record Place(String position, Map<UUID, Long> last) {
    }

    @Test
    void twoThousandJoinsUnderLoadSeeNeitherGapNorRepeat() throws Exception {
        try (TestPostgres database = TestPostgres.startMigrated(); Instance instance = Instance.over(database)
                .setting("parley.stream.replay-page", "40").setting("parley.feed.page-size", "15").start()) {
            List<UUID> conversations = Conversations.insert(database, CONVERSATIONS);
            List<Instance> instances = List.of(instance);
            reference = reference(conversations);
            try (StreamClient whole = reference.join(instance); Load load = Load.to(conversations, seed).pause(Duration.ofMillis(25))
                    .rest(4, instances).socket(4, instances).sql(4, database, 2).start()) {
                Await.until(() -> load.acknowledged().size() > 200, PATIENCE, "something to replay");
                joinAtRandom(instance, conversations);
                load.stop();
                Await.until(() -> whole.deliveries().count() == Truth.messages(database).values().stream().mapToInt(List::size).sum(), PATIENCE,
                        () -> "everything at who never left, got " + whole.deliveries().count());
                whole.deliveries().assertExactly(Truth.messages(database));
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
                    while (joins.incrementAndGet() <= JOINS) {
                        join(instance, conversations.get(random.nextInt(conversations.size())), random);
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

    private void join(Instance instance, UUID conversation, Random random) throws IOException {
        switch (random.nextInt(4)) {
            case 0 -> run(StreamClient.conversation(conversation).after(0), "after=0", instance);
            case 1 -> {
                long seq = lastSeq(conversation);
                run(StreamClient.conversation(conversation).after(seq == 0 ? 0 : random.nextLong(seq)), "after=random", instance);
            }
            case 2 -> run(StreamClient.conversation(conversation), "without after", instance);
            default -> {
                if (random.nextInt(NOW_AND_THEN) == 0) {
                    run(StreamClient.global(), "global", instance);
                } else {
                    resume(instance, anyPlace(random));
                }
            }
        }
    }

    /** A global stream that sees everything and keeps each of the places where it has been. */
    private StreamClient reference(List<UUID> conversations) {
        Map<UUID, Long> last = new HashMap<>();
        conversations.forEach(conversation -> last.put(conversation, 0L));
        StreamClient stream = StreamClient.global().onFrame(frame -> {
            if (frame.path("type").asText().equals("message")) {
                last.put(UUID.fromString(frame.at("/message/conversation_id").asText()), frame.at("/message/seq").asLong());
                places.add(new Place(frame.get("position").asText(), Map.copyOf(last)));
            }
        });
        conversations.forEach(conversation -> stream.deliveries().startAfter(conversation, 0));
        return stream;
    }

    /** A recent one: what is replayed from it costs, and tells no more when it is long. */
    private Place anyPlace(Random random) {
        int size = places.size();
        return places.get(size - 1 - random.nextInt(Math.min(size, RECENT)));
    }

    /** From the very place on, and at the latest with the first live messages it has what the other stream had before it joined. */
    private void resume(Instance instance, Place place) throws IOException {
        StreamClient stream = StreamClient.global().at(place.position());
        place.last().forEach(stream.deliveries()::startAfter);
        Map<UUID, Long> reached = new HashMap<>();
        place.last().keySet().forEach(conversation -> reached.put(conversation, reference.deliveries().last(conversation)));
        run(stream, "global resumed", instance);
        reached.forEach((conversation, seq) -> {
            if (stream.deliveries().last(conversation) < seq) {
                throw new AssertionError("resumed at " + place + " it went on without " + seq + " of " + conversation);
            }
        });
        if (!stream.frames("resync").isEmpty()) {
            throw new AssertionError("told to begin anew: " + stream.frames());
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
