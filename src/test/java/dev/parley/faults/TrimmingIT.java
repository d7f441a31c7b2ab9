package dev.parley.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.parley.testing.Await;
import dev.parley.testing.Conversations;
import dev.parley.testing.Instance;
import dev.parley.testing.Load;
import dev.parley.testing.Seed;
import dev.parley.testing.Sql;
import dev.parley.testing.StreamClient;
import dev.parley.testing.TestPostgres;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The change log is trimmed while clients resume: each either goes on exactly where it was or is told that it can't. */
class TrimmingIT {

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final int RESUMES = 400;

    /** Where a stream was, and how far it had come in each conversation then. */
    private record Held(String position, Map<UUID, Long> last) {
    }

    private final long seed = Seed.of(getClass());
    private static TestPostgres database;
    private static Instance instance;

    @BeforeAll
    static void start() {
        database = TestPostgres.start();
        instance = Instance.over(database).setting("parley.feed.retention", "2s").setting("parley.feed.page-size", "7").start();
    }

    @AfterAll
    static void stop() {
        instance.close();
        database.close();
    }

    @Test
    void aPositionOlderThanTheLogSaysResyncAndMessagesStillResumeBySeq() throws IOException {
        UUID conversation = Conversations.insert(database, "old");
        String old;
        try (StreamClient global = StreamClient.global().join(instance)) {
            old = global.position();
        }
        Sql.on(database).run("insert into messages (conversation_id, content) select ?, 'message ' || n from generate_series(1, 10) n", conversation);
        Await.until(() -> Sql.on(database).value("select count(*) from parley.change_log", Long.class) == 0, PATIENCE, "the log is trimmed");
        try (StreamClient global = StreamClient.global().at(old).connect(instance);
                StreamClient edits = StreamClient.conversation(conversation).after(0).at(old).connect(instance);
                StreamClient single = StreamClient.conversation(conversation).after(4).join(instance)) {
            global.awaitResync();
            global.awaitLive();
            edits.awaitResync();
            edits.awaitLive();
            assertEquals(6, single.deliveries().count());
            assertEquals(List.of(), single.frames("resync"));
        }
    }

    @Test
    void anIdleStreamsPositionDoesNotAge() throws IOException {
        UUID conversation = Conversations.insert(database, "idle");
        UUID busy = Conversations.insert(database, "busy");
        try (StreamClient idle = StreamClient.conversation(conversation).after(0).join(instance)) {
            String first = idle.position();
            Await.until(() -> {
                Sql.on(database).run("insert into messages (conversation_id, content) values (?, 'elsewhere')", busy);
                return !first.equals(idle.position());
            }, PATIENCE, "a new position though nothing came");
            for (int i = 0; i < 3; i++) {
                String before = idle.position();
                Await.until(() -> {
                    Sql.on(database).run("insert into messages (conversation_id, content) values (?, 'elsewhere')", busy);
                    return !before.equals(idle.position());
                }, PATIENCE, "the next position");
            }
            idle.disconnect();
            Sql.on(database).run("insert into messages (conversation_id, content) values (?, 'at last')", conversation);
            idle.connect(instance);
            Await.until(() -> idle.deliveries().count() == 1, PATIENCE, "the message");
            assertEquals(List.of(), idle.frames("resync"));
        }
    }

    @Test
    void trimmingWhileStreamsResumeNeverDropsARowSilently() throws IOException {
        List<UUID> conversations = Conversations.insert(database, 6);
        List<Held> history = new CopyOnWriteArrayList<>();
        Map<UUID, Long> last = new HashMap<>();
        List<Instance> instances = List.of(instance);
        Random random = Seed.stream(seed, 100);
        int resumed = 0;
        int told = 0;
        try (StreamClient reference = StreamClient.global().onFrame(frame -> remember(frame, last, history)).join(instance);
                Load load = Load.to(conversations, seed).pause(Duration.ofMillis(15)).rest(2, instances).sql(6, database, 20).start()) {
            Await.until(() -> history.size() > 300, PATIENCE, "some history");
            for (int i = 0; i < RESUMES; i++) {
                int newest = history.size();
                // half of them around the edge where the log ends, the others from anywhere
                int from = random.nextBoolean() ? random.nextInt(newest) : Math.max(0, newest - 1 - random.nextInt(1_500));
                if (goesOnExactly(history.get(from), conversations)) {
                    resumed++;
                } else {
                    told++;
                }
            }
            load.stop();
            reference.deliveries().assertNoViolation();
        }
        String outcome = resumed + " resumed, " + told + " told to resync";
        assertTrue(resumed > 20 && told > 20, () -> outcome + ": both must happen for this to show anything");
    }

    private static void remember(JsonNode frame, Map<UUID, Long> last, List<Held> history) {
        if (frame.path("type").asText().equals("message")) {
            JsonNode message = frame.get("message");
            last.put(UUID.fromString(message.get("conversation_id").asText()), message.get("seq").asLong());
            history.add(new Held(frame.get("position").asText(), Map.copyOf(last)));
        }
    }

    /** @return false when told to resync; fails when the stream goes on with anything but the next message of each conversation */
    private boolean goesOnExactly(Held held, List<UUID> conversations) throws IOException {
        try (StreamClient stream = StreamClient.global().at(held.position())) {
            held.last().forEach((conversation, seq) -> stream.deliveries().startAfter(conversation, seq));
            Map<UUID, Long> committed = lastSeqs(conversations);
            stream.connect(instance);
            List<String> behind = new ArrayList<>();
            Await.until(() -> {
                behind.clear();
                committed.forEach((conversation, seq) -> {
                    Long reached = stream.deliveries().last(conversation);
                    if (reached == null || reached < seq) {
                        behind.add(conversation + " at " + reached + " of " + seq);
                    }
                });
                return behind.isEmpty() || !stream.frames("resync").isEmpty();
            }, PATIENCE, () -> "everything since " + held + "; behind: " + behind + ", closed " + stream.closes());
            if (!stream.frames("resync").isEmpty()) {
                assertEquals(0, stream.deliveries().violations().size());
                return false;
            }
            stream.deliveries().assertNoViolation();
            return true;
        }
    }

    private static Map<UUID, Long> lastSeqs(List<UUID> conversations) {
        return Sql.on(database).with(connection -> {
            Map<UUID, Long> seqs = new HashMap<>();
            try (var statement = connection.prepareStatement("select conversation_id, max(seq) from messages where conversation_id = any (?) group by 1")) {
                statement.setObject(1, conversations.toArray(UUID[]::new));
                try (var rows = statement.executeQuery()) {
                    while (rows.next()) {
                        seqs.put(rows.getObject(1, UUID.class), rows.getLong(2));
                    }
                }
            }
            return seqs;
        });
    }
}
