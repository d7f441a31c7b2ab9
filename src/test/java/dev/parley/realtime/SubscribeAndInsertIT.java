package dev.parley.realtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.parley.testing.Await;
import dev.parley.testing.ChangeBinding;
import dev.parley.testing.Conversations;
import dev.parley.testing.Instance;
import dev.parley.testing.Json;
import dev.parley.testing.Load;
import dev.parley.testing.Orders;
import dev.parley.testing.Parallel;
import dev.parley.testing.RealtimeChannel;
import dev.parley.testing.RealtimeClient;
import dev.parley.testing.RealtimeFrame;
import dev.parley.testing.RealtimeVersion;
import dev.parley.testing.RowChange;
import dev.parley.testing.Seed;
import dev.parley.testing.Sql;
import dev.parley.testing.TestPostgres;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Subscribed means subscribed: what begins after the join's reply is never missed. Everybody writes meanwhile, and several channels join at once. */
class SubscribeAndInsertIT {

    private static final int JOINS = 1_000;
    private static final int JOINERS = 6;
    private static final int AT_ONCE = 4;
    private static final int TURNS = 500;
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private static final long SEED = Seed.of(SubscribeAndInsertIT.class);
    private static TestPostgres database;
    private static Instance instance;

    private static final String DEADLOCK = "40P01";

    private final AtomicInteger joins = new AtomicInteger();

    /** Ways to subscribe, and how to write a row that the subscription is about. */
    private enum Subject {

        A_CONVERSATION {
            @Override
            ChangeBinding binding(Target target) {
                return ChangeBinding.messages(target.conversation());
            }
        },
        ALL_MESSAGES {
            @Override
            ChangeBinding binding(Target target) {
                return ChangeBinding.messages(null);
            }
        },
        A_CUSTOMERS_ORDERS {
            @Override
            ChangeBinding binding(Target target) {
                return Orders.binding("INSERT").filter("customer=eq." + target.customer());
            }
        },
        OTHER_ORDERS {
            @Override
            ChangeBinding binding(Target target) {
                return Orders.binding("*").filter("customer=neq.nobody,total=gt.5");
            }
        },
        ORDERS_IN_ANY_SCHEMA {
            @Override
            ChangeBinding binding(Target target) {
                return ChangeBinding.of("*", "*", "orders");
            }
        },
        EVERYTHING {
            @Override
            ChangeBinding binding(Target target) {
                return ChangeBinding.of("*", "public", "*");
            }
        };

        abstract ChangeBinding binding(Target target);

        /** Begun again after a deadlock with those who write to several conversations at once, as every writer must. */
        void insert(Connection connection, Target target, UUID id) throws SQLException {
            while (true) {
                try {
                    insertOnce(connection, target, id);
                    return;
                } catch (SQLException e) {
                    if (!DEADLOCK.equals(e.getSQLState())) {
                        throw e;
                    }
                }
            }
        }

        private void insertOnce(Connection connection, Target target, UUID id) throws SQLException {
            if (this == A_CONVERSATION || this == ALL_MESSAGES) {
                Sql.run(connection, "insert into messages (id, conversation_id, content) values (?, ?, 'x')", id, target.conversation());
            } else {
                Sql.run(connection, "insert into orders (id, customer, total) values (?, ?, 10)", id, target.customer());
            }
        }
    }

    private record Target(UUID conversation, String customer) {
    }

    /** One channel with its rows: one that is inserted while the join is on its way, and one that is begun when its reply is there. */
    private final class Subscriber {

        private final Subject subject;
        private final Target target;
        private final UUID during = UUID.randomUUID();
        private final UUID after = UUID.randomUUID();
        private final Map<String, Integer> seen = new ConcurrentHashMap<>();
        private final List<Throwable> failures = new ArrayList<>();
        private final RealtimeChannel channel;

        Subscriber(RealtimeClient client, Subject subject, Target target, Connection connection) {
            this.subject = subject;
            this.target = target;
            this.channel = client.channel("subscriber " + joins.get() + " " + during).on(subject.binding(target).onChange(this::note))
                    .onJoined(() -> insertNow(connection));
        }

        private void note(RowChange change) {
            seen.merge(change.row().path("id").asText(), 1, Integer::sum);
        }

        private void insertNow(Connection connection) {
            try {
                subject.insert(connection, target, after);
            } catch (SQLException e) {
                failures.add(e);
            }
        }

        void assertSaw(RealtimeClient client) {
            Await.until(() -> seen.containsKey(after.toString()) || !failures.isEmpty(), PATIENCE,
                    () -> subject + ": what began after the reply; got " + seen.keySet() + ", closed " + client.closes() + ", told " + channel.frames());
            assertEquals(List.of(), failures);
            seen.forEach((id, times) -> assertEquals(1, times, () -> subject + ": " + id + " came more than once"));
        }
    }

    @BeforeAll
    static void start() throws IOException {
        database = TestPostgres.startMigrated();
        instance = Instance.over(database).setting("parley.realtime.max-joins-per-second", "100000")
                .setting("parley.realtime.max-events-per-second", "100000").setting("parley.realtime.max-presence-calls", "100000").start();
        Orders.createWatched(database, List.of(instance));
    }

    @AfterAll
    static void stop() {
        instance.close();
        database.close();
    }

    @ParameterizedTest
    @EnumSource
    void noInsertThatBeganAfterTheReplyIsMissed(RealtimeVersion version) throws Exception {
        List<UUID> conversations = Conversations.insert(database, 8);
        try (Load load = Load.to(conversations, SEED).pause(Duration.ofMillis(15)).rest(2, List.of(instance)).sql(3, database, 2).start()) {
            Parallel.run(JOINERS, i -> () -> joinAndInsert(version, conversations, Seed.stream(SEED, 100 + i)));
            load.stop();
        }
        assertTrue(joins.get() >= JOINS);
    }

    private Void joinAndInsert(RealtimeVersion version, List<UUID> conversations, Random random) throws Exception {
        ExecutorService beside = Executors.newSingleThreadExecutor();
        try (RealtimeClient client = RealtimeClient.of(version).connect(instance); Connection atReply = database.connect();
                Connection before = database.connect()) {
            while (joins.get() < JOINS) {
                List<Subscriber> subscribers = new ArrayList<>();
                int number = 1 + random.nextInt(AT_ONCE);
                for (int i = 0; i < number; i++) {
                    Target target = new Target(conversations.get(random.nextInt(conversations.size())), "customer " + UUID.randomUUID());
                    Subject subject = Subject.values()[random.nextInt(Subject.values().length)];
                    subscribers.add(new Subscriber(client, subject, target, atReply));
                    joins.incrementAndGet();
                }
                Future<?> writing = beside.submit(() -> {
                    for (Subscriber subscriber : subscribers) {
                        subscriber.subject.insert(before, subscriber.target, subscriber.during);
                    }
                    return null;
                });
                for (Subscriber subscriber : subscribers) {
                    subscriber.channel.join();
                }
                for (Subscriber subscriber : subscribers) {
                    subscriber.channel.awaitJoined();
                }
                writing.get();
                for (Subscriber subscriber : subscribers) {
                    subscriber.assertSaw(client);
                }
                for (Subscriber subscriber : subscribers) {
                    subscriber.channel.leave();
                }
            }
            assertEquals(List.of(), client.violations());
            assertEquals(List.of(), client.closes());
        } finally {
            beside.shutdownNow();
        }
        return null;
    }

    @ParameterizedTest
    @EnumSource
    void aTopicJoinedAndLeftHundredsOfTimesTellsEachJoinItsOwnAndNothingAfterItsEnd(RealtimeVersion version) throws Exception {
        UUID conversation = Conversations.insert(database, "churn");
        String name = "churn:" + conversation;
        AtomicBoolean ended = new AtomicBoolean();
        try (RealtimeClient watching = RealtimeClient.of(version).connect(instance); RealtimeClient speaking = RealtimeClient.of(version).connect(instance)) {
            RealtimeChannel watcher = watching.channel(name);
            watcher.config().putObject("presence").put("enabled", true).put("key", "watcher");
            watcher.join().awaitJoined();
            RealtimeChannel speaker = speaking.channel(name).join().awaitJoined();
            awaitOpen(0, 2, 2);
            CompletableFuture<Integer> load = CompletableFuture.supplyAsync(() -> writeAndSpeak(conversation, speaker, ended));
            try (TopicChurner churner = new TopicChurner(instance, version, "realtime:" + name, conversation, Seed.stream(SEED, 500 + version.ordinal()))) {
                for (int turn = 0; turn < TURNS; turn++) {
                    churner.turn();
                }
                int last = churner.joinTrackAndSettle();
                try (RealtimeClient late = RealtimeClient.of(version).connect(instance)) {
                    RealtimeChannel newcomer = late.channel(name);
                    newcomer.config().putObject("presence").put("enabled", true).put("key", "newcomer");
                    newcomer.join().awaitJoined();
                    newcomer.awaitFrame("who is there", frame -> frame.event().equals("presence_state"));
                    Await.until(() -> present(newcomer).equals(List.of(last)) && present(watcher).equals(List.of(last)), PATIENCE,
                            () -> "the last one is there; to the newcomer " + present(newcomer) + ", to the watcher " + present(watcher));
                }
                churner.leave();
                Await.until(() -> present(watcher).isEmpty(), PATIENCE, () -> "nobody is there any more: " + present(watcher));
                awaitOpen(0, 3, 2);
                churner.assertRight(TURNS);
                assertEquals(churner.spoken(), heard(watcher, "own"), "what it said while it was joined was heard");
            } finally {
                ended.set(true);
            }
            int spoken = load.get();
            Await.until(() -> heard(watcher, "count").size() >= spoken, PATIENCE, () -> spoken + " broadcasts, heard " + heard(watcher, "count").size());
            assertEquals(IntStream.range(0, spoken).boxed().toList(), heard(watcher, "count"));
            awaitOpen(0, 2, 2);
            for (RealtimeClient client : List.of(watching, speaking)) {
                assertEquals(List.of(), client.violations());
                assertEquals(List.of(), client.closes());
            }
        }
    }

    /** @return how often it spoke */
    private static int writeAndSpeak(UUID conversation, RealtimeChannel speaker, AtomicBoolean ended) {
        int number = 0;
        try (Connection connection = database.connect()) {
            while (!ended.get()) {
                Sql.run(connection, "insert into messages (conversation_id, content) values (?, 'x')", conversation);
                speaker.broadcast("count", Json.read("{\"n\":" + number++ + "}"));
                Await.pause(Duration.ofMillis(2));
            }
            return number;
        } catch (SQLException | IOException e) {
            throw new CompletionException(e);
        }
    }

    private static List<Integer> heard(RealtimeChannel channel, String event) {
        return channel.frames("broadcast").stream().map(RealtimeFrame::payload).filter(said -> said.path("event").asText().equals(event))
                .map(said -> said.at("/payload/n").asInt()).toList();
    }

    /** What the members say of themselves who are there for a channel, by what it was told: each came once, and none left that was not there. */
    private static List<Integer> present(RealtimeChannel channel) {
        Map<String, Integer> there = new TreeMap<>();
        for (RealtimeFrame frame : channel.frames()) {
            if (frame.event().equals("presence_state")) {
                there.clear();
                metas(frame.payload()).forEach(meta -> there.put(meta.path("phx_ref").asText(), meta.path("n").asInt()));
            } else if (frame.event().equals("presence_diff")) {
                metas(frame.payload().path("joins")).forEach(meta -> assertEquals(null, there.put(meta.path("phx_ref").asText(), meta.path("n").asInt())));
                metas(frame.payload().path("leaves")).forEach(meta -> assertTrue(there.remove(meta.path("phx_ref").asText()) != null, frame::toString));
            }
        }
        return List.copyOf(there.values());
    }

    private static List<JsonNode> metas(JsonNode state) {
        List<JsonNode> all = new ArrayList<>();
        state.forEach(member -> member.path("metas").forEach(all::add));
        return all;
    }

    private static void awaitOpen(int streams, int sockets, int channels) {
        Supplier<List<Double>> open = () -> Stream.of("parley_streams_open", "parley_realtime_sockets", "parley_realtime_channels").map(instance::metric).toList();
        List<Double> wanted = List.of((double) streams, (double) sockets, (double) channels);
        Await.until(() -> open.get().equals(wanted), PATIENCE, () -> "streams, sockets and channels " + wanted + ", there are " + open.get());
    }
}
