package dev.parley.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.parley.testing.Await;
import dev.parley.testing.Conversations;
import dev.parley.testing.Instance;
import dev.parley.testing.Load;
import dev.parley.testing.RealtimeFollower;
import dev.parley.testing.RealtimeVersion;
import dev.parley.testing.Seed;
import dev.parley.testing.Sql;
import dev.parley.testing.StreamClient;
import dev.parley.testing.TestPostgres;
import java.io.IOException;
import java.sql.Connection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
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
        database = TestPostgres.startMigrated();
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
        for (RealtimeVersion version : RealtimeVersion.values()) {
            aChannelIsToldToo(version, conversation, old);
        }
    }

    private static void aChannelIsToldToo(RealtimeVersion version, UUID conversation, String old) throws IOException {
        try (RealtimeFollower all = RealtimeFollower.global(version).at(old);
                RealtimeFollower single = RealtimeFollower.conversation(version, conversation).after(4)) {
            all.join(instance);
            assertEquals("Changes since `after` can't be told exactly (trimmed): load afresh", all.awaitLoadAfresh().payload().path("message").asText());
            single.join(instance);
            long before = Sql.on(database).value("select max(seq) from messages where conversation_id = ?", Long.class, conversation);
            Sql.on(database).run("insert into messages (conversation_id, content) values (?, 'after that')", conversation);
            Await.until(() -> all.deliveries().count() == 1 && single.deliveries().count() == before + 1 - 4, PATIENCE,
                    () -> "what comes after; got " + all.deliveries().delivered() + " and " + single.deliveries().delivered());
            all.deliveries().assertNoViolation();
            single.deliveries().assertNoViolation();
            assertEquals(1, all.disturbances().size(), () -> all.disturbances().toString());
            assertEquals(List.of(), single.disturbances());
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

    /** Nobody knows for how long it stays open: across a crash, a restart of the service, and when all that was logged around it is trimmed. */
    @Test
    void aPreparedTransactionArrivesOnceHoweverLateItIsCommittedAndWhateverHappensMeanwhile() throws IOException {
        UUID conversation = Conversations.insert(database, "prepared");
        UUID busy = Conversations.insert(database, "busy");
        Sql sql = Sql.on(database);
        Map<StreamClient, List<String>> seen = new HashMap<>();
        try (StreamClient global = StreamClient.global(); StreamClient single = StreamClient.conversation(conversation).after(0);
                StreamClient late = StreamClient.global()) {
            for (StreamClient stream : List.of(global, single, late)) {
                List<String> changes = seen.computeIfAbsent(stream, any -> new CopyOnWriteArrayList<>());
                stream.onFrame(frame -> {
                    if (frame.path("message").path("conversation_id").asText().equals(conversation.toString())) {
                        changes.add(frame.path("type").asText() + " " + frame.path("message").path("content").asText());
                    }
                });
            }
            global.join(instance);
            single.join(instance);
            insert(conversation, "first");
            for (StreamClient stream : List.of(global, single)) {
                Await.until(() -> seen.get(stream).size() == 1, PATIENCE, "the first message");
            }
            long xid = sql.with(connection -> {
                connection.setAutoCommit(false);
                Sql.run(connection, "set local parley.quiet = on"); // PREPARE TRANSACTION refuses a transaction that has notified
                Sql.run(connection, "insert into messages (conversation_id, content) values (?, 'prepared'), (?, 'too')", conversation, conversation);
                Sql.run(connection, "update messages set content = 'edited' where conversation_id = ? and seq = 1", conversation);
                long id = Sql.values(connection, "select pg_current_xact_id()::text::bigint", Long.class).get(0);
                Sql.run(connection, "prepare transaction 'late'");
                return id;
            });
            writeElsewhere(busy, global);
            database.crash();
            writeElsewhere(busy, global);

            global.disconnect();
            single.disconnect();
            instance.kill();
            instance.begin().awaitReady();
            insert(busy, "while the clients were away");
            global.join(instance);
            single.join(instance);
            writeElsewhere(busy, global);

            Await.until(() -> sql.value("select count(*) = 0 from parley.change_log", Boolean.class)
                    && sql.value("select pg_snapshot_xmax(trimmed)::text::bigint > ? from parley.feed", Boolean.class, xid), PATIENCE, "the log is trimmed past it");
            late.at(global.position()).join(instance);
            global.disconnect();
            single.disconnect();
            sql.run("commit prepared 'late'");
            insert(conversation, "fence");
            global.join(instance);
            single.join(instance);
            for (StreamClient stream : List.of(global, single, late)) {
                Await.until(() -> seen.get(stream).contains("message fence"), PATIENCE, () -> "the fence; got " + seen.get(stream) + " and " + stream.frames());
                insert(conversation, "behind"); // what a replay tells of edits comes behind its messages
            }
            for (StreamClient stream : List.of(global, single, late)) {
                Await.until(() -> seen.get(stream).stream().filter("message behind"::equals).count() == 3, PATIENCE, "what was sent last");
                List<String> all = new ArrayList<>(List.of("message prepared", "message too", "message_updated edited", "message fence"));
                if (stream != late) {
                    all.add("message first");
                }
                all.addAll(Collections.nCopies(3, "message behind"));
                assertEquals(all.stream().sorted().toList(), seen.get(stream).stream().sorted().toList());
                assertEquals(List.of(), stream.disturbances());
                stream.deliveries().assertNoViolation();
            }
        }
    }

    /** Waits until it was delivered: the stream's position is behind it then. */
    private static void writeElsewhere(UUID busy, StreamClient global) {
        Long before = global.deliveries().last(busy);
        insert(busy, "elsewhere");
        Await.until(() -> !Objects.equals(before, global.deliveries().last(busy)), PATIENCE, "what is written elsewhere");
    }

    private static void insert(UUID conversation, String content) {
        Sql.on(database).run("insert into messages (conversation_id, content) values (?, ?)", conversation, content);
    }

    /** Nothing else was written since, so that by the newest transaction alone the position could not be told from one that holds. */
    @Test
    void aPositionAtWhichATransactionWasOpenThatIsTrimmedSinceSaysResync() throws Exception {
        UUID conversation = Conversations.insert(database, "open");
        UUID other = Conversations.insert(database, "other");
        try (Connection open = database.connect(); StreamClient global = StreamClient.global().join(instance)) {
            open.setAutoCommit(false);
            Sql.run(open, "insert into messages (conversation_id, content) values (?, 'committed late')", conversation);
            insert(other, "committed meanwhile");
            Await.until(() -> global.deliveries().count() == 1, PATIENCE, "what was committed meanwhile");
            global.disconnect();
            open.commit();
            Await.until(() -> Sql.on(database).value("select count(*) from parley.change_log", Long.class) == 0, PATIENCE, "the log is trimmed");
            global.connect(instance);
            global.awaitResync();
            global.awaitLive();
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
