package dev.parley.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.parley.testing.Await;
import dev.parley.testing.Cable;
import dev.parley.testing.ChangeBinding;
import dev.parley.testing.Conversations;
import dev.parley.testing.Deliveries;
import dev.parley.testing.Http;
import dev.parley.testing.Instance;
import dev.parley.testing.Json;
import dev.parley.testing.RawWebSocket;
import dev.parley.testing.RealtimeChannel;
import dev.parley.testing.RealtimeClient;
import dev.parley.testing.RealtimeFollower;
import dev.parley.testing.RealtimeFrame;
import dev.parley.testing.RealtimeVersion;
import dev.parley.testing.Sql;
import dev.parley.testing.StreamClient;
import dev.parley.testing.TestPostgres;
import dev.parley.testing.Truth;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * A connection whose peer says nothing any more, and does not close either: the database's, a backend that is stopped or a network that drops what it is
 * given, and a client's.
 */
class HalfOpenIT {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Duration IDLE = Duration.ofSeconds(5);
    private static final Duration STALL = Duration.ofMillis(400);
    /** After its decision the server waits a second; to make it takes the stall time at least and twice that at most. */
    private static final Duration IN_BETWEEN = STALL.multipliedBy(2).plusMillis(300);
    /** What a plain stream is told, and a Supabase socket. */
    private static final Set<Integer> STALLED = Set.of(4000, 1013);
    private static final int CHUNK = 10;
    private static final String DELIVERIES = "parley_streams_deliveries_total";
    private static final String REPEATS = "parley_writer_repeats_total";
    private static final JsonNode TRACK = Json.read("{\"type\":\"presence\",\"event\":\"track\",\"payload\":{}}");

    private static TestPostgres database;
    private static Instance instance;

    /** What the metrics say is open. */
    private record Open(double streams, double sockets, double channels) {

        static Open now() {
            return new Open(instance.metric("parley_streams_open"), instance.metric("parley_realtime_sockets"), instance.metric("parley_realtime_channels"));
        }
    }

    private final List<JsonNode> received = new CopyOnWriteArrayList<>();
    private UUID conversation;

    @BeforeAll
    static void start() {
        database = TestPostgres.startMigrated();
        instance = Instance.over(database).setting("parley.feed.read-timeout", "2s").setting("parley.writer.patience", "6s")
                .setting("parley.socket.idle-timeout", IDLE.toSeconds() + "s").setting("quarkus.websockets-next.server.auto-ping-interval", "1s")
                .setting("parley.socket.stall-timeout", STALL.toMillis() + "ms").start();
    }

    @BeforeEach
    void newConversation() {
        conversation = Conversations.insert(database, "half open");
    }

    @AfterAll
    static void stop() {
        instance.close();
        database.close();
    }

    @Test
    void streamsGoOnWhenTheTailsConnectionFallsSilent() throws IOException {
        try (StreamClient stream = StreamClient.conversation(conversation).after(0).onMessage((message, seq) -> received.add(message)).join(instance)) {
            silenced("parley-tail", () -> {
                for (int i = 0; i < 3; i++) {
                    stream.sendMessage(UUID.randomUUID(), "while the tail is silent " + i);
                }
                Await.until(() -> received.size() == 3, PATIENCE, "the messages reach the stream");
            });
            assertReceivedEachRowOnce();
            assertEquals(List.of(), stream.closes());
            assertEquals(List.of(), stream.frames("resync"));
        }
    }

    /** A message by itself goes by the tail's connection; of many at once, all but perhaps the first go by the writer's. */
    @Test
    void sendsAreStoredOnceWhenTheWritersConnectionsFallSilent() throws IOException {
        try (StreamClient stream = StreamClient.conversation(conversation).after(0).onMessage((message, seq) -> received.add(message)).join(instance)) {
            sendMany(stream).forEach(id -> answer(stream, id));
            double repeatsBefore = instance.metric(REPEATS);
            List<String> writers = silenced("parley-writer", () -> {
                for (UUID id : sendMany(stream)) {
                    assertEquals("ack", answer(stream, id).path("type").asText());
                }
            });
            assertTrue(instance.metric(REPEATS) > repeatsBefore, "nothing went into the silence: this run has shown nothing");
            // what lay there unread is done now, if it is
            Await.until(() -> Sql.on(database).value("select count(*) from pg_stat_activity where pid::text = any (?)", Long.class,
                    (Object) writers.toArray(String[]::new)) == 0, PATIENCE, "the connections that were given up have ended");
            assertReceivedEachRowOnce();
        }
    }

    private static List<UUID> sendMany(StreamClient stream) throws IOException {
        List<UUID> ids = Stream.generate(UUID::randomUUID).limit(50).toList();
        for (UUID id : ids) {
            stream.sendMessage(id, "one of many");
        }
        return ids;
    }

    /** Behind a row that commits now. */
    private void assertReceivedEachRowOnce() {
        Sql sql = Sql.on(database);
        sql.run("insert into messages (conversation_id, content) values (?, 'fence')", conversation);
        Await.until(() -> received.stream().anyMatch(message -> message.path("content").asText().equals("fence")), PATIENCE, "the fence reaches the stream");
        assertEquals(sql.values("select id::text from messages where conversation_id = ? order by seq", String.class, conversation),
                received.stream().map(message -> message.path("id").asText()).toList());
    }

    @Test
    void theLogIsTrimmedOnWhenAllConnectionsFallSilent() {
        Sql sql = Sql.on(database);
        try (Cable cable = new Cable(database.port()); Instance trimming = Instance.over(database).setting("parley.feed.read-timeout", "2s")
                .setting("parley.feed.retention", "2s").setting("quarkus.datasource.reactive.url", "postgresql://127.0.0.1:" + cable.port() + "/postgres").start()) {
            Await.until(() -> sql.value("select count(*) from parley.feed_marks", Long.class) > 1, PATIENCE, "trimming has begun");
            cable.silence();
            sql.run("insert into messages (conversation_id, content) values (?, 'to be trimmed')", conversation);
            Await.until(() -> sql.value("select count(*) from parley.change_log", Long.class) == 0, PATIENCE, "the log is trimmed over other connections");
        }
    }

    @Test
    void restIsServedAgainWhenAllItsConnectionsFallSilent() {
        try (Cable cable = new Cable(database.port()); Instance rest = Instance.over(database).setting("parley.feed.read-timeout", "2s")
                .setting("quarkus.datasource.reactive.max-size", "1")
                .setting("quarkus.datasource.reactive.url", "postgresql://127.0.0.1:" + cable.port() + "/postgres").start()) {
            assertStatus(200, rest);
            cable.silence();
            assertStatus(503, rest);
            Await.until(() -> Http.get(rest.http("/api/conversations/" + conversation)).statusCode() == 200, PATIENCE, "REST has other connections");
        }
    }

    /** The readers beside them send nothing either, but their answers to pings. */
    @Test
    void clientsThatDoNotEvenAnswerPingsAreDroppedAndAreNotThereAnyMore() throws IOException {
        List<RawWebSocket> silent = new ArrayList<>();
        try (StreamClient stream = StreamClient.conversation(conversation).after(0).join(instance);
                RealtimeFollower follower = RealtimeFollower.conversation(RealtimeVersion.V1, conversation).after(0);
                RealtimeClient watching = RealtimeClient.of(RealtimeVersion.V2).connect(instance)) {
            follower.join(instance);
            RealtimeChannel watcher = present(watching, "watcher").join().awaitJoined();
            awaitOpen(new Open(2, 2, 2));
            silent.add(RawWebSocket.open(instance.port(), "/ws/conversations/" + conversation));
            silent.add(RawWebSocket.open(instance.port(), "/ws/feed"));
            for (RealtimeVersion version : RealtimeVersion.values()) {
                RawWebSocket socket = RawWebSocket.open(instance.port(), RealtimeClient.path(version, Instance.PUBLISHABLE_KEY));
                silent.add(socket);
                socket.write(version.write(new RealtimeFrame("1", "1", watcher.topic(), "phx_join", Json.read("""
                        {"config":{"presence":{"enabled":true,"key":"%s"},"postgres_changes":[{"event":"*","schema":"public","table":"messages"}]}}""".formatted(version)))));
                awaitOpen(new Open(2 + silent.size(), silent.size(), silent.size()));
                socket.write(version.write(new RealtimeFrame("1", "2", watcher.topic(), "presence", TRACK)));
                awaitDiff(watcher, "joins", version.name());
            }
            long last = System.nanoTime();
            awaitOpen(new Open(2, 2, 2));
            assertTrue(System.nanoTime() - last > IDLE.toNanos() / 2, "they had their time");
            for (RealtimeVersion version : RealtimeVersion.values()) {
                awaitDiff(watcher, "leaves", version.name());
            }
            for (RawWebSocket socket : silent) {
                RawWebSocket.Received end = socket.read();
                while (!(end instanceof RawWebSocket.Closed)) {
                    end = socket.read();
                }
                assertEquals(1006, ((RawWebSocket.Closed) end).code(), end::toString);
            }
            Sql.on(database).run("insert into messages (conversation_id, content) values (?, 'for those who are there')", conversation);
            Await.until(() -> stream.deliveries().count() == 1 && follower.deliveries().count() == 1, PATIENCE, "the others get what comes");
            assertEquals(List.of(), stream.closes());
            assertEquals(List.of(), follower.closes());
            assertEquals(List.of(), watching.closes());
            assertEquals(List.of(), watching.violations());
        } finally {
            silent.forEach(RawWebSocket::close);
        }
    }

    /**
     * A second after the decision the connection is cut, close frame or not: who takes nothing takes no close frame either. Those here read on in between,
     * and do it once more where the machine was too slow for that.
     */
    @Test
    void readersThatTakeNothingAreToldToResumeAndMissNothingWhileOthersGoOn() throws IOException {
        List<Instance> instances = List.of(instance);
        List<RealtimeClient> clients = new ArrayList<>();
        List<ChangeBinding> bindings = new ArrayList<>();
        try (StreamClient fast = StreamClient.conversation(conversation).after(0).join(instance);
                RealtimeClient watching = RealtimeClient.of(RealtimeVersion.V2).connect(instance);
                StreamClient slow = StreamClient.conversation(conversation).after(0).reconnectingTo(instances).join(instance)) {
            RealtimeChannel watcher = present(watching, "watcher").join().awaitJoined();
            for (RealtimeVersion version : RealtimeVersion.values()) {
                RealtimeClient client = RealtimeClient.of(version).reconnectingTo(instances).connect(instance);
                clients.add(client);
                bindings.add(ChangeBinding.messages(conversation).afterPosition(null));
                RealtimeChannel channel = present(client, version.name()).on(bindings.get(bindings.size() - 1)).join().awaitJoined();
                channel.push("presence", TRACK);
                awaitDiff(watcher, "joins", version.name());
            }
            List<List<RawWebSocket.Closed>> closes = List.of(slow.closes(), clients.get(0).closes(), clients.get(1).closes());
            Await.until(() -> {
                slow.pause();
                clients.forEach(RealtimeClient::pause);
                fillUp(fast);
                slow.resume();
                clients.forEach(RealtimeClient::resume);
                long rows = fast.deliveries().count();
                Await.until(() -> slow.deliveries().count() >= rows && bindings.stream().allMatch(binding -> binding.changes().size() >= rows), PATIENCE,
                        () -> rows + " messages; got " + slow.deliveries().count() + " and " + bindings.stream().map(binding -> binding.changes().size()).toList());
                return closes.stream().allMatch(of -> of.stream().anyMatch(closed -> STALLED.contains(closed.code())));
            }, PATIENCE, () -> "each was told that it made no progress, there are " + closes);
            for (RealtimeVersion version : RealtimeVersion.values()) {
                awaitDiff(watcher, "leaves", version.name());
            }
            List<Deliveries.Entry> rows = Truth.messages(database, List.of(conversation)).get(conversation);
            List<Long> seqs = rows.stream().map(Deliveries.Entry::seq).toList();
            fast.deliveries().assertExactly(Map.of(conversation, rows));
            slow.deliveries().assertExactly(Map.of(conversation, rows));
            bindings.forEach(binding -> assertEquals(seqs, binding.changes().stream().map(change -> change.row().path("seq").asLong()).toList()));
            assertEquals(List.of(), fast.closes());
            assertEquals(List.of(), watching.closes());
            clients.forEach(client -> assertEquals(List.of(), client.violations()));
            awaitOpen(new Open(4, 3, 3));
        } finally {
            clients.forEach(RealtimeClient::close);
        }
        awaitOpen(new Open(0, 0, 0));
    }

    /** Writes until nobody but the fast one gets anything any more, and then waits until the server has given the others up. */
    private void fillUp(StreamClient fast) {
        long[] since = new long[1];
        int[] alone = new int[1];
        Await.until(() -> {
            double before = instance.metric(DELIVERIES);
            since[0] = System.nanoTime();
            Sql.on(database).run("insert into messages (conversation_id, content) select ?, repeat('xxxx', 16384) from generate_series(1, ?)", conversation, CHUNK);
            long wanted = Sql.on(database).value("select count(*) from messages where conversation_id = ?", Long.class, conversation);
            Await.until(() -> fast.deliveries().count() >= wanted, PATIENCE, "the fast one has them");
            alone[0] = instance.metric(DELIVERIES) == before + CHUNK ? alone[0] + 1 : 0;
            return alone[0] == 2;
        }, PATIENCE, "nobody else gets anything");
        Await.until(() -> System.nanoTime() - since[0] > IN_BETWEEN.toNanos(), PATIENCE, "the stall time is over");
    }

    private static RealtimeChannel present(RealtimeClient client, String key) {
        RealtimeChannel channel = client.channel("who");
        channel.config().putObject("presence").put("enabled", true).put("key", key);
        return channel;
    }

    private static void awaitDiff(RealtimeChannel watcher, String part, String key) {
        watcher.awaitFrame(key + " among the " + part, frame -> frame.event().equals("presence_diff") && frame.payload().path(part).has(key));
    }

    private static void awaitOpen(Open wanted) {
        Await.until(() -> Open.now().equals(wanted), PATIENCE, () -> wanted + "; there are " + Open.now());
    }

    private void assertStatus(int expected, Instance of) {
        HttpResponse<String> answer = Http.get(of.http("/api/conversations/" + conversation));
        assertEquals(expected, answer.statusCode(), answer.body());
    }

    private interface Step {
        void run() throws IOException;
    }

    /** Stops the backends that serve the named connections, as a host that hangs would, and lets them go on afterwards. @return their process ids */
    private static List<String> silenced(String application, Step step) throws IOException {
        List<String> backends = Sql.on(database).values("select pid::text from pg_stat_activity where application_name = ?", String.class, application);
        assertFalse(backends.isEmpty(), () -> "no backend serves " + application + ": there is nothing to silence");
        signal("STOP", backends);
        try {
            step.run();
        } finally {
            signal("CONT", backends);
        }
        return backends;
    }

    private static void signal(String name, List<String> processes) throws IOException {
        for (String process : processes) {
            new ProcessBuilder("kill", "-" + name, process).inheritIO().start().onExit().join();
        }
    }

    private static JsonNode answer(StreamClient stream, UUID id) {
        Await.until(() -> stream.answer(id) != null, PATIENCE, "the send of " + id + " is answered");
        return stream.answer(id);
    }
}
