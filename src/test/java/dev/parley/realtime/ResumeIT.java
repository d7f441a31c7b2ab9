package dev.parley.realtime;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.node.LongNode;
import dev.parley.testing.Await;
import dev.parley.testing.ChangeBinding;
import dev.parley.testing.Conversations;
import dev.parley.testing.Deliveries;
import dev.parley.testing.Instance;
import dev.parley.testing.Json;
import dev.parley.testing.Load;
import dev.parley.testing.Orders;
import dev.parley.testing.Parallel;
import dev.parley.testing.RealtimeChannel;
import dev.parley.testing.RealtimeClient;
import dev.parley.testing.RealtimeFollower;
import dev.parley.testing.RealtimeVersion;
import dev.parley.testing.RowChange;
import dev.parley.testing.Seed;
import dev.parley.testing.Sql;
import dev.parley.testing.TestPostgres;
import dev.parley.testing.Truth;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Channels that join with {@code after} at random places while everybody writes: between what is replayed and what is live there is neither gap nor
 * repeat. Pages are small, so that most replays take several and changes come while they are read.
 */
class ResumeIT {

    private static final int JOINS = 100;
    private static final int JOINERS = 6;
    private static final int LIVE_MESSAGES = 3;
    private static final int NOW_AND_THEN = 20;
    /** How far back most joins begin, in messages: a few dozen pages. What a join replays would otherwise cost more and more, and tell no more. */
    private static final int RECENT = 1_200;
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private static final long SEED = Seed.of(ResumeIT.class);
    private static TestPostgres database;
    private static Instance instance;

    private final AtomicInteger joins = new AtomicInteger();
    private final List<Place> places = new CopyOnWriteArrayList<>();
    /** What the joins got, to be compared with the table once all is written. */
    private final List<Entry> toCompare = new CopyOnWriteArrayList<>();
    private List<UUID> conversations;
    private RealtimeFollower recorder;

    /** A position and what had come up to it: the last {@code seq} of each conversation. */
    private record Place(String position, Map<UUID, Long> last) {
    }

    @BeforeAll
    static void start() throws IOException {
        database = TestPostgres.startMigrated();
        instance = Instance.over(database).setting("parley.stream.replay-page", "40").setting("parley.feed.page-size", "15")
                .setting("parley.realtime.max-joins-per-second", "100000").start();
        Orders.createWatched(database, List.of(instance));
    }

    @AfterAll
    static void stop() {
        instance.close();
        database.close();
    }

    @BeforeEach
    void newConversations() {
        conversations = Conversations.insert(database, 6);
    }

    @ParameterizedTest
    @EnumSource
    void aJoinAfterAnySeqOrPositionSeesNeitherGapNorRepeat(RealtimeVersion version) throws Exception {
        try (RealtimeFollower recording = recorder(version); Load load = load().start()) {
            recorder = recording;
            Await.until(() -> places.size() > 10, PATIENCE, "positions to resume from");
            Parallel.run(JOINERS, i -> () -> {
                Random random = Seed.stream(SEED, 100 + i);
                while (joins.incrementAndGet() <= JOINS) {
                    joinAnywhere(version, random);
                }
                return null;
            });
            load.stop();
            assertAllContinue();
            assertEquals(List.of(), recorder.disturbances());
        }
    }

    /** Whoever keeps what each row says of where it goes on may be cut off at any row of a backlog, one that was asked for by seq too. */
    @ParameterizedTest
    @EnumSource
    void aBacklogThatIsCutOffGoesOnByWhatItsRowsSaid(RealtimeVersion version) throws IOException {
        UUID conversation = conversations.get(0);
        int messages = 200;
        Sql.on(database).run("insert into messages (conversation_id, content) select ?, 'message ' || n from generate_series(1, ?) n", conversation, messages);
        for (int cut : List.of(1, 39, 40, 41, 150, messages)) {
            String reached = after(version, conversation, "0", messages).get(cut - 1).position();
            Sql.on(database).run("insert into messages (conversation_id, content) values (?, 'and one more')", conversation);
            messages++;
            List<Long> rest = after(version, conversation, reached, messages - cut).stream().map(change -> change.row().path("seq").asLong()).toList();
            assertEquals(LongStream.rangeClosed(cut + 1, messages).boxed().toList(), rest, "after message " + cut + ", by " + reached);
        }
    }

    /** The log has the answers of a trigger before what they answer, and a read of it ends between them. */
    @ParameterizedTest
    @EnumSource
    void whatATriggerAddedWhileABacklogWasReadTakesNothingFromIt(RealtimeVersion version) throws Exception {
        UUID conversation = conversations.get(0);
        ChangeBinding binding = ChangeBinding.of("INSERT", "public", "messages").filter("conversation_id=eq." + conversation).after(() -> LongNode.valueOf(0));
        Sql.on(database).run("insert into messages (conversation_id, content) values (?, 'first')", conversation);
        Sql.on(database).run("""
                create function reply() returns trigger language plpgsql as $$
                begin insert into public.messages (conversation_id, sender_role, content) values (new.conversation_id, 'system', 'got it'); return null; end $$;
                create trigger reply after insert on messages for each row when (new.content = 'question') execute function reply();
                """);
        try (RealtimeClient client = RealtimeClient.of(version).connect(instance)) {
            Sql.on(database).transaction(connection -> {
                Sql.run(connection, "lock table parley.change_log");
                join(client, binding);
                Await.until(() -> binding.changes().size() == 1, PATIENCE, "the messages are read, and the log is about to be");
                return Sql.run(connection, "insert into messages (conversation_id, content) select ?, 'question' from generate_series(1, 30)", conversation);
            });
            Await.until(() -> binding.changes().size() >= 61, PATIENCE, () -> "questions and answers, got " + binding.changes().size());
            assertEquals(LongStream.rangeClosed(1, 61).boxed().toList(),
                    binding.changes().stream().map(change -> change.row().path("seq").asLong()).sorted().toList());
        } finally {
            Sql.on(database).run("drop function reply() cascade");
        }
    }

    /** Or two entries that are written alike where they are held against each other: one without a name for it, and one with the name {@code null}. */
    @ParameterizedTest
    @EnumSource
    void aPositionGoesUnderTheNameThatItsEntryGives(RealtimeVersion version) throws IOException {
        UUID conversation = conversations.get(0);
        ChangeBinding plain = ChangeBinding.messages(conversation);
        ChangeBinding named = ChangeBinding.messages(conversation).unknown("position", Json.read("\"null\""));
        try (RealtimeClient client = RealtimeClient.of(version).connect(instance)) {
            client.channel("named").on(plain).on(named).join().awaitJoined();
            Sql.on(database).run("insert into messages (conversation_id, content) values (?, 'x')", conversation);
            Await.until(() -> plain.changes().size() == 1 && named.changes().size() == 1, PATIENCE, "the row for both");
            assertEquals(List.of(false, true), Stream.of(plain, named).map(binding -> binding.changes().get(0).row().has("null")).toList());
        }
    }

    private static void join(RealtimeClient client, ChangeBinding binding) {
        try {
            client.channel("between").on(binding).join();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What a join gets that many changes of. */
    private static List<RowChange> after(RealtimeVersion version, UUID conversation, String reached, int changes) throws IOException {
        ChangeBinding binding = ChangeBinding.of("*", "public", "messages").filter("conversation_id=eq." + conversation).afterPosition(reached);
        try (RealtimeClient client = RealtimeClient.of(version).connect(instance)) {
            client.channel("backlog").on(binding).join().awaitJoined();
            Await.until(() -> binding.changes().size() >= changes, PATIENCE, () -> changes + " changes after " + reached + ", have " + binding.changes().size());
        }
        return binding.changes();
    }

    @ParameterizedTest
    @EnumSource
    void entriesOfOneChannelResumeEachWhereItWas(RealtimeVersion version) throws Exception {
        try (RealtimeFollower recording = recorder(version); Load load = load().start()) {
            recorder = recording;
            Await.until(() -> places.size() > 10, PATIENCE, "positions to resume from");
            Parallel.run(JOINERS, i -> () -> {
                Random random = Seed.stream(SEED, 200 + i);
                try (RealtimeClient client = RealtimeClient.of(version).connect(instance)) {
                    while (joins.addAndGet(3) <= JOINS) {
                        joinWithSeveralEntries(client, random);
                    }
                    assertEquals(List.of(), client.violations());
                    assertEquals(List.of(), client.closes());
                }
                return null;
            });
            load.stop();
            assertAllContinue();
            assertEquals(List.of(), recorder.disturbances());
        }
    }

    /** Inserts, updates and deletes of a table of the application, told apart by the version that each row carries. */
    @ParameterizedTest
    @EnumSource
    void anyTableResumesFromAnyPosition(RealtimeVersion version) throws Exception {
        List<String> positions = new CopyOnWriteArrayList<>();
        List<String> seen = new CopyOnWriteArrayList<>();
        AtomicBoolean written = new AtomicBoolean();
        try (RealtimeClient client = RealtimeClient.of(version).connect(instance)) {
            client.channel("recorder").on(Orders.binding("*").afterPosition(null).onChange(change -> {
                seen.add(key(change));
                positions.add(change.position());
            })).join().awaitJoined();
            Thread writing = new Thread(() -> {
                try {
                    Parallel.run(3, i -> () -> writeOrders(Seed.stream(SEED, 300 + i)));
                } catch (Exception e) {
                    throw new AssertionError(e);
                } finally {
                    written.set(true);
                }
            });
            writing.start();
            Await.until(() -> positions.size() > 50, PATIENCE, "positions to resume from");
            List<Resumed> resumed = new ArrayList<>();
            Random random = Seed.stream(SEED, 400);
            while (!written.get() || resumed.size() < 20) {
                int place = random.nextInt(positions.size());
                Resumed one = new Resumed(place, new CopyOnWriteArrayList<>());
                client.channel("resumed " + resumed.size())
                        .on(Orders.binding("*").afterPosition(positions.get(place)).onChange(change -> one.seen().add(key(change)))).join().awaitJoined();
                resumed.add(one);
                if (resumed.size() == 60) {
                    break;
                }
            }
            writing.join();
            UUID last = UUID.randomUUID();
            Orders.insert(database, last, "the last one");
            String end = "INSERT " + last + " 1";
            Await.until(() -> seen.contains(end) && resumed.stream().allMatch(one -> one.seen().contains(end)), PATIENCE, "the last row everywhere");
            assertEquals(seen.size(), Set.copyOf(seen).size(), "nothing came twice to who never left");
            for (Resumed one : resumed) {
                Set<String> expected = new HashSet<>(seen);
                expected.removeAll(seen.subList(0, one.place() + 1));
                assertEquals(expected, Set.copyOf(one.seen()), "resumed after change " + one.place());
                assertEquals(expected.size(), one.seen().size(), "nothing came twice after change " + one.place());
            }
            assertEquals(List.of(), client.violations());
        }
    }

    private record Resumed(int place, List<String> seen) {
    }

    /** A channel that sees all messages from the first on, and notes now and then how far it has come. */
    private RealtimeFollower recorder(RealtimeVersion version) throws IOException {
        Random random = Seed.stream(SEED, 1);
        RealtimeFollower recorder = RealtimeFollower.global(version);
        recorder.onMessage(change -> {
            if (random.nextInt(NOW_AND_THEN) == 0) {
                Map<UUID, Long> last = new HashMap<>();
                conversations.forEach(conversation -> last.put(conversation, lastOr0(recorder.deliveries(), conversation)));
                places.add(new Place(change.position(), last));
            }
        }).join(instance);
        return recorder;
    }

    private Load.Builder load() {
        return Load.to(conversations, SEED).pause(Duration.ofMillis(30)).rest(3, List.of(instance)).socket(2, List.of(instance)).sql(4, database, 3);
    }

    private void joinAnywhere(RealtimeVersion version, Random random) throws IOException {
        UUID conversation = conversations.get(random.nextInt(conversations.size()));
        if (random.nextInt(3) == 0) {
            Place place = anyPlace(random);
            try (RealtimeFollower follower = RealtimeFollower.global(version).at(place.position())) {
                place.last().forEach(follower.deliveries()::startAfter);
                run(follower, conversation, conversations);
            }
        } else {
            try (RealtimeFollower follower = RealtimeFollower.conversation(version, conversation).after(anySeq(conversation, random))) {
                run(follower, conversation, List.of(conversation));
            }
        }
    }

    /** Follows until messages of the conversation that were written after the join have come. */
    private void run(RealtimeFollower follower, UUID awaited, List<UUID> followed) throws IOException {
        Map<UUID, Long> start = new HashMap<>();
        followed.forEach(conversation -> start.put(conversation, follower.deliveries().last(conversation)));
        follower.join(instance);
        long wanted = committedSeq(awaited) + LIVE_MESSAGES;
        Await.until(() -> lastOr0(follower.deliveries(), awaited) >= wanted, PATIENCE,
                () -> awaited + " up to " + wanted + "; got " + follower.deliveries().last(awaited) + ", told " + follower.disturbances());
        follower.disconnect();
        assertEquals(List.of(), follower.disturbances());
        follower.deliveries().assertNoViolation();
        toCompare.add(new Entry(awaited, start, follower.deliveries()));
    }

    private void joinWithSeveralEntries(RealtimeClient client, Random random) throws IOException {
        List<Entry> entries = new ArrayList<>();
        RealtimeChannel channel = client.channel("several " + UUID.randomUUID());
        int first = random.nextInt(conversations.size());
        for (int i = 0; i < 3; i++) {
            // two conversations, the first one twice: by INSERT and by everything
            UUID conversation = conversations.get((first + i % 2) % conversations.size());
            long after = anySeq(conversation, random);
            Entry entry = new Entry(conversation, Map.of(conversation, after), new Deliveries("entry " + i + " after " + after));
            entries.add(entry);
            channel.on(ChangeBinding.of(i < 2 ? "INSERT" : "*", "public", "messages").filter("conversation_id=eq." + conversation)
                    .after(() -> LongNode.valueOf(after)).onChange(entry::note));
        }
        Place place = anyPlace(random);
        Entry all = new Entry(conversations.get(0), place.last(), new Deliveries("entry of all messages"));
        entries.add(all);
        channel.on(ChangeBinding.messages(null).afterPosition(place.position()).onChange(all::note));
        entries.forEach(entry -> entry.start().forEach(entry.deliveries()::startAfter));

        channel.join().awaitJoined();
        for (Entry entry : entries) {
            long wanted = committedSeq(entry.awaited()) + LIVE_MESSAGES;
            Await.until(() -> lastOr0(entry.deliveries(), entry.awaited()) >= wanted, PATIENCE,
                    () -> entry + " up to " + wanted + "; told " + channel.frames() + client.violations());
        }
        channel.leave();
        for (Entry entry : entries) {
            entry.deliveries().assertNoViolation();
            toCompare.add(entry);
        }
    }

    private record Entry(UUID awaited, Map<UUID, Long> start, Deliveries deliveries) {

        void note(RowChange change) {
            deliveries.add(UUID.fromString(change.row().get("conversation_id").asText()), change.row().get("seq").asLong(),
                    UUID.fromString(change.row().get("id").asText()));
        }
    }

    /** What came is one unbroken piece of each conversation from where it started, the same ids under the same numbers as in the table. */
    private void assertAllContinue() {
        Map<UUID, List<Deliveries.Entry>> committed = Truth.messages(database, conversations);
        Await.until(() -> committed.entrySet().stream().allMatch(rows -> lastSeq(rows.getKey()) == rows.getValue().size()), PATIENCE,
                "all of it at who never left");
        recorder.deliveries().assertExactly(committed);
        toCompare.forEach(one -> one.deliveries().delivered().forEach((conversation, entries) -> {
            int from = one.start().get(conversation).intValue();
            assertEquals(committed.get(conversation).subList(from, from + entries.size()), entries);
        }));
    }

    private Void writeOrders(Random random) throws Exception {
        try (Connection connection = database.connect()) {
            connection.setAutoCommit(false);
            for (int i = 0; i < 150; i++) {
                UUID id = UUID.randomUUID();
                Sql.run(connection, "insert into orders (id, customer) values (?, ?)", id, "customer " + random.nextInt(5));
                if (random.nextInt(3) > 0) {
                    connection.commit();
                }
                for (int version = 2; version < 2 + random.nextInt(3); version++) {
                    Sql.run(connection, "update orders set version = ?, total = total + 1 where id = ?", version, id);
                }
                if (random.nextInt(3) == 0) {
                    Sql.run(connection, "delete from orders where id = ?", id);
                }
                if (random.nextInt(10) == 0) {
                    connection.rollback();
                } else if (random.nextInt(3) > 0) {
                    connection.commit();
                }
                Await.pause(Duration.ofMillis(random.nextInt(15)));
            }
            connection.commit();
            return null;
        }
    }

    private static String key(RowChange change) {
        var row = change.type().equals("DELETE") ? change.oldRow() : change.row();
        return change.type() + " " + row.path("id").asText() + " " + row.path("version").asInt();
    }

    private Place anyPlace(Random random) {
        List<Place> all = List.copyOf(places);
        int back = random.nextInt(NOW_AND_THEN) == 0 ? all.size() : Math.min(all.size(), RECENT / NOW_AND_THEN);
        return all.get(all.size() - 1 - random.nextInt(back));
    }

    private long anySeq(UUID conversation, Random random) {
        long last = lastSeq(conversation);
        long back = random.nextInt(NOW_AND_THEN) == 0 ? last : Math.min(last, RECENT / conversations.size());
        return last - random.nextLong(back + 1);
    }

    /** So that what is awaited after it came live. */
    private static long committedSeq(UUID conversation) {
        return Sql.on(database).value("select coalesce(max(seq), 0) from messages where conversation_id = ?", Long.class, conversation);
    }

    /** Up to where the recorder has come, which may lag behind. */
    private long lastSeq(UUID conversation) {
        return lastOr0(recorder.deliveries(), conversation);
    }

    private static long lastOr0(Deliveries deliveries, UUID conversation) {
        Long last = deliveries.last(conversation);
        return last == null ? 0 : last;
    }
}
