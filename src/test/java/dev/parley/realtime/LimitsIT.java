package dev.parley.realtime;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.parley.testing.Await;
import dev.parley.testing.ChangeBinding;
import dev.parley.testing.Http;
import dev.parley.testing.Instance;
import dev.parley.testing.Json;
import dev.parley.testing.Logs;
import dev.parley.testing.RawWebSocket;
import dev.parley.testing.RealtimeChannel;
import dev.parley.testing.RealtimeClient;
import dev.parley.testing.RealtimeFrame;
import dev.parley.testing.RealtimeVersion;
import dev.parley.testing.Sql;
import dev.parley.testing.TestPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Whoever goes beyond a limit is told so in upstream's words and stopped; others on the same instance notice nothing. */
class LimitsIT {

    private static final int CHANNELS = 5;
    private static final int JOINS = 20;
    private static final int EVENTS = 50;
    private static final int PRESENCE_CALLS = 6;
    private static final int BROADCAST_BYTES = 2_000;
    private static final Duration ERROR_DELAY = Duration.ofMillis(1_500);
    private static final Duration REFUSAL_DELAY = Duration.ofMillis(1_000);
    private static final JsonNode TRACK = Json.read("{\"type\":\"presence\",\"event\":\"track\",\"payload\":{}}");
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private static TestPostgres database;
    private static Instance instance;
    private static Bystander bystander;

    @BeforeAll
    static void start() throws IOException {
        database = TestPostgres.startMigrated();
        instance = Instance.over(database).setting("parley.realtime.max-channels", String.valueOf(CHANNELS))
                .setting("parley.realtime.max-joins-per-second", String.valueOf(JOINS))
                .setting("parley.realtime.max-events-per-second", String.valueOf(EVENTS))
                .setting("parley.realtime.max-presence-calls", String.valueOf(PRESENCE_CALLS))
                .setting("parley.realtime.max-broadcast-bytes", String.valueOf(BROADCAST_BYTES))
                .setting("parley.realtime.max-rest-events-per-second", "1")
                .setting("parley.realtime.private.without-roles", "allow")
                .setting("parley.realtime.error-delay", ERROR_DELAY.toMillis() + "ms")
                .setting("parley.realtime.refusal-delay", REFUSAL_DELAY.toMillis() + "ms").start();
        bystander = Bystander.join(database, instance, RealtimeVersion.V2);
    }

    @AfterAll
    static void stop() {
        bystander.close();
        instance.close();
        database.close();
    }

    @AfterEach
    void othersGoOn() throws IOException {
        bystander.assertUndisturbed();
        Logs.assertClean(instance);
    }

    @ParameterizedTest
    @EnumSource
    void aChannelTooManyIsRefusedAndTheOthersGoOn(RealtimeVersion version) throws IOException {
        try (RealtimeClient client = RealtimeClient.of(version).connect(instance)) {
            List<RealtimeChannel> channels = new ArrayList<>();
            for (int i = 0; i < CHANNELS; i++) {
                channels.add(client.channel("c" + i).join().awaitJoined());
            }
            RealtimeChannel tooMany = client.channel("too many").join();
            assertRefused(tooMany, "ChannelRateLimitReached: Too many channels");
            channels.get(0).leave();
            tooMany.join().awaitJoined();
            RealtimeChannel again = client.channel("c1").join();
            again.awaitJoined(); // joined anew in the place of itself: not one more
            assertEquals(List.of(), client.closes());
            assertEquals(List.of(), client.violations());
        }
    }

    @ParameterizedTest
    @EnumSource
    void joinsTooFastAreRefusedAndTheSocketIsClosed(RealtimeVersion version) throws IOException {
        try (RealtimeClient client = RealtimeClient.of(version).connect(instance)) {
            joinUntilClosed(client);
            Await.until(() -> !client.isConnected(), PATIENCE, "that socket closed");
            assertEquals(1001, client.closes().get(0).code());
        }
    }

    /** A client that waits for its channel to be joined before the next is never too fast for the default limits, nor is a page that opens its channels. */
    @ParameterizedTest
    @EnumSource
    void asManyJoinsAsAllowedAreAnswered(RealtimeVersion version) throws IOException {
        try (RealtimeClient client = RealtimeClient.of(version).connect(instance)) {
            for (int i = 0; i < JOINS - 1; i++) {
                RealtimeChannel channel = client.channel("one after the other " + i).join().awaitJoined();
                channel.leave();
            }
            assertEquals(List.of(), client.closes());
        }
    }

    @ParameterizedTest
    @EnumSource
    void eventsTooFastCloseTheirChannelAlone(RealtimeVersion version) throws IOException {
        try (RealtimeClient client = RealtimeClient.of(version).connect(instance)) {
            RealtimeChannel quiet = client.channel("quiet").join().awaitJoined();
            RealtimeChannel loud = client.channel("loud").join().awaitJoined();
            for (int i = 0; i < 6 * EVENTS; i++) {
                loud.broadcast("noise", Json.read("{\"n\":" + i + "}"));
            }
            RealtimeFrame told = loud.awaitFrame("being told", frame -> frame.event().equals("system"));
            assertEquals(Json.read("{\"extension\":\"system\",\"status\":\"error\",\"message\":\"Too many messages per second\",\"channel\":\"loud\"}"),
                    told.payload());
            loud.awaitFrame("the end of the channel", frame -> frame.event().equals("phx_close"));
            assertEquals(List.of(), client.closes());
            assertEquals(List.of(), quiet.errors());
            Await.pause(Duration.ofSeconds(1)); // the allowance comes back with time
            client.awaitHeartbeat();
            client.channel("loud").join().awaitJoined();
        }
    }

    @ParameterizedTest
    @EnumSource
    void presenceTooOftenClosesItsChannelHoweverOftenItIsJoined(RealtimeVersion version) throws IOException {
        try (RealtimeClient client = RealtimeClient.of(version).connect(instance)) {
            RealtimeChannel other = client.channel("other").join().awaitJoined();
            RealtimeChannel channel = client.channel("who").join().awaitJoined();
            for (int i = 0; i < 2 * PRESENCE_CALLS && channel.errors().isEmpty(); i++) { // a slow machine gives some of the allowance back meanwhile
                channel.leave();
                channel = client.channel("who").join().awaitJoined();
                channel.push("presence", TRACK);
                channel.push("presence", TRACK);
                client.awaitHeartbeat();
            }
            RealtimeFrame told = channel.awaitFrame("being told", frame -> frame.event().equals("system"));
            assertEquals("Client presence rate limit exceeded", told.payload().path("message").asText());
            channel.awaitFrame("the end of the channel", frame -> frame.event().equals("phx_close"));
            assertEquals("ok", other.awaitReply(other.push("presence", TRACK)).path("status").asText());
            assertEquals(List.of(), client.closes());
        }
    }

    @ParameterizedTest
    @EnumSource
    void aBroadcastTooLargeGoesNowhere(RealtimeVersion version) throws IOException {
        try (RealtimeClient sender = RealtimeClient.of(version).connect(instance); RealtimeClient receiver = RealtimeClient.of(version).connect(instance)) {
            RealtimeChannel hears = receiver.channel("sizes").join().awaitJoined();
            JsonNode large = Json.read("{\"x\":\"" + "x".repeat(2 * BROADCAST_BYTES) + "\"}");
            JsonNode small = Json.read("{\"x\":\"small\"}");

            RealtimeChannel silent = sender.channel("sizes").join().awaitJoined();
            String unanswered = silent.broadcast("large", large);
            silent.broadcast("small", small);
            hears.awaitBroadcast("small", small);
            assertEquals(null, silent.reply(unanswered), "without ack there is no reply at all");
            silent.leave();

            RealtimeChannel acked = sender.channel("sizes");
            acked.config().withObject("/broadcast").put("ack", true);
            acked.join().awaitJoined();
            JsonNode refused = acked.awaitReply(acked.broadcast("large", large));
            assertEquals(Json.read("{\"status\":\"error\",\"response\":{\"error\":\"payload_size_exceeded\"}}"), refused);
            assertEquals("ok", acked.awaitReply(acked.broadcast("small", small)).path("status").asText());
            assertEquals(List.of(), broadcasts(hears, "large"));
            assertEquals(List.of(), sender.closes());
        }
    }

    /** What a join asks for is kept as long as its channel. */
    @ParameterizedTest
    @EnumSource
    void theJoinsOfASocketHaveABoundTogether(RealtimeVersion version) throws IOException {
        try (RealtimeClient client = RealtimeClient.of(version).connect(instance)) {
            List<RealtimeChannel> large = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                RealtimeChannel channel = client.channel("large " + i);
                channel.config().put("junk", "x".repeat(255_000));
                large.add(channel.join().awaitJoined());
            }
            RealtimeChannel tooMuch = client.channel("too much");
            tooMuch.config().put("junk", "x".repeat(255_000));
            assertRefused(tooMuch.join(), "InvalidJoinPayload: The joins of all channels of a socket have at most 1 MB together");
            large.get(0).leave();
            client.channel("small").join().awaitJoined();
            tooMuch.frames().clear();
            tooMuch.join().awaitJoined();
        }
    }

    /** As trees these joins would be more than twice as large as the instance's memory. */
    @Test
    void whatAnEntryHoldsBeyondWhatItAsksForIsNotKept() throws IOException {
        JsonNode junk = Json.read("[" + "{},".repeat(83_000) + "{}]");
        List<RealtimeClient> clients = new ArrayList<>();
        try {
            for (int i = 0; i < 8; i++) {
                RealtimeClient client = RealtimeClient.of(RealtimeVersion.V2).connect(instance);
                clients.add(client);
                for (int j = 0; j < 4; j++) {
                    client.channel("junk " + j).on(ChangeBinding.of("*", "public", "messages").unknown("junk", junk)).join().awaitJoined();
                }
            }
            for (RealtimeClient client : clients) {
                client.awaitHeartbeat();
                assertEquals(List.of(), client.closes());
                assertEquals(List.of(), client.violations());
            }
        } finally {
            clients.forEach(RealtimeClient::close);
        }
    }

    @Test
    void replaysThatNobodyReadsHaveABoundTogether() throws IOException {
        Sql.on(database).transaction(connection -> connection.createStatement().execute("set local session_replication_role = replica; "
                + "insert into realtime.messages (topic, extension, event, payload, private) "
                + "select 'replayed', 'broadcast', 'e', to_jsonb(repeat('x', 990000)), true from generate_series(1, 8)"));
        List<RealtimeClient> deaf = new ArrayList<>();
        try (RealtimeClient client = RealtimeClient.of(RealtimeVersion.V2).connect(instance)) {
            for (int i = 0; i < 12; i++) {
                RealtimeClient one = RealtimeClient.of(RealtimeVersion.V2).connect(instance);
                deaf.add(one);
                one.pause();
                replay(one).join();
            }
            JsonNode refused = Json.read("{\"status\":\"error\",\"response\":{\"reason\":\"UnableToReplayMessages: Realtime was unable to replay messages\"}}");
            Await.until(() -> replay(client).join().awaitJoinReply().equals(refused), PATIENCE, "a replay too many");
            deaf.forEach(RealtimeClient::close);
            Await.until(() -> replay(client).join().awaitJoinReply().path("status").asText().equals("ok"), PATIENCE, "there is room again");
            assertEquals(List.of(), client.closes());
        } finally {
            deaf.forEach(RealtimeClient::close);
        }
    }

    @Test
    void replaysOfJoinsThatAreLeftMeanwhileTakeNoRoom() throws IOException {
        Sql.on(database).transaction(connection -> connection.createStatement().execute("set local session_replication_role = replica; "
                + "insert into realtime.messages (topic, extension, event, payload, private) "
                + "select 'left', 'broadcast', 'e', to_jsonb(repeat('x', 990000)), true from generate_series(1, 8)"));
        try (RealtimeClient client = RealtimeClient.of(RealtimeVersion.V2).connect(instance)) {
            for (int i = 0; i < 12; i++) {
                Sql.on(database).transaction(connection -> {
                    Sql.run(connection, "lock table realtime.messages in access exclusive mode");
                    leaveWhileItIsRead(replay(client, "left"));
                    return null;
                });
            }
            Await.until(() -> replay(client, "left").join().awaitJoinReply().path("status").asText().equals("ok"), PATIENCE, "there is room");
            assertEquals(List.of(), client.closes());
        }
    }

    private static void leaveWhileItIsRead(RealtimeChannel channel) {
        try {
            channel.join();
            Await.until(() -> Sql.on(database).value("select count(*) from pg_stat_activity where application_name = 'parley-stored-broadcasts' and wait_event_type = 'Lock'",
                    Long.class) > 0, PATIENCE, "its replay is being read");
            channel.leave();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static RealtimeChannel replay(RealtimeClient client) {
        return replay(client, "replayed");
    }

    private static RealtimeChannel replay(RealtimeClient client, String topic) {
        RealtimeChannel channel = client.channel(topic);
        channel.config().put("private", true).withObject("/broadcast/replay").put("since", 0);
        return channel;
    }

    @ParameterizedTest
    @EnumSource
    void aTopicThatIsTooLongIsRefused(RealtimeVersion version) throws IOException {
        try (RealtimeClient client = RealtimeClient.of(version).connect(instance)) {
            assertRefused(client.channel("t".repeat(300)).join(), "TopicNameTooLong: A topic name has at most 255 bytes");
            client.channel("another").join().awaitJoined();
        }
    }

    /** Clients try again at once and for ever: the delay is what stands between one wrong setting and a storm. Nothing else waits for it. */
    @ParameterizedTest
    @EnumSource
    void anErrorReplyToAJoinIsHeldBackAndHoldsNothingUp(RealtimeVersion version) throws IOException {
        try (RealtimeClient client = RealtimeClient.of(version).connect(instance)) {
            RealtimeChannel refused = client.channel("");
            long asked = System.nanoTime();
            refused.join();
            client.channel("another").join().awaitJoined();
            client.awaitHeartbeat();
            assertTrue(System.nanoTime() - asked < ERROR_DELAY.toNanos(), "others did not wait");
            assertRefused(refused, "TopicNameRequired: You must provide a topic name");
            assertLater(asked, ERROR_DELAY);
        }
    }

    /** The answer to a join that has been left meanwhile, or joined anew, is nobody's any more. */
    @ParameterizedTest
    @EnumSource
    void aRefusedJoinThatIsLeftMeanwhileHarmsNobody(RealtimeVersion version) throws IOException {
        try (RealtimeClient client = RealtimeClient.of(version).connect(instance)) {
            for (int i = 0; i < 5; i++) {
                client.channel("").join().leave();
            }
            RealtimeChannel joined = client.channel("joined").join().awaitJoined();
            RealtimeChannel refused = client.channel("").join();
            assertRefused(refused, "TopicNameRequired: You must provide a topic name");
            assertEquals(List.of(), joined.errors());
            assertEquals(List.of(), client.closes());
            assertEquals(List.of(), client.violations());
        }
    }

    @ParameterizedTest
    @EnumSource
    void aRefusedConnectionIsHeldBackAndHoldsNothingUp(RealtimeVersion version) throws IOException {
        long asked = System.nanoTime();
        RawWebSocket.Refused refused = assertThrows(RawWebSocket.Refused.class,
                () -> RawWebSocket.open(instance.port(), RealtimeClient.path(version, "sb_publishable_wrong")).close());
        assertLater(asked, REFUSAL_DELAY);
        assertEquals(401, refused.status());
        assertFalse(Json.read(refused.body()).path("error").asText().isEmpty(), refused::body);
    }

    /** The allowance comes back slowly, and may have by the time that it is looked at: another try shows. */
    @Test
    void whatIsRefusedCountsAndWhoHasNothingLeftIsRefusedBeforeAnythingIsRead() throws IOException {
        String path = "/api/broadcast?apikey=" + Instance.SECRET_KEY;
        Await.until(() -> {
            int[] status = {0};
            for (int i = 0; i < 10 && status[0] != 429; i++) {
                status[0] = Http.send("POST", instance.http(path), "{").statusCode();
            }
            return status[0] == 429 && isRefusedUnread(path);
        }, PATIENCE, "429");
    }

    private static boolean isRefusedUnread(String path) {
        try (Socket socket = new Socket("127.0.0.1", instance.port())) {
            socket.setSoTimeout(1_000);
            socket.getOutputStream().write(("POST " + path + " HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n").getBytes(UTF_8));
            return new String(socket.getInputStream().readNBytes("HTTP/1.1 429".length()), UTF_8).equals("HTTP/1.1 429");
        } catch (SocketTimeoutException e) {
            return false;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void joinUntilClosed(RealtimeClient client) {
        try {
            for (int i = 0; i < 3 * JOINS; i++) {
                client.channel("same").join();
            }
        } catch (IOException closedMeanwhile) {
            return;
        }
    }

    private static void assertRefused(RealtimeChannel channel, String reason) {
        RealtimeFrame reply = channel.awaitFrame("a refusal", error());
        assertEquals(Json.read("{\"status\":\"error\",\"response\":{\"reason\":\"" + reason + "\"}}"), reply.payload());
    }

    private static Predicate<RealtimeFrame> error() {
        return frame -> frame.event().equals("phx_reply") && frame.payload().path("status").asText().equals("error");
    }

    private static void assertLater(long since, Duration delay) {
        Duration took = Duration.ofNanos(System.nanoTime() - since);
        assertTrue(took.compareTo(delay) >= 0, () -> "already after " + took);
    }

    private static List<RealtimeFrame> broadcasts(RealtimeChannel channel, String event) {
        return channel.frames("broadcast").stream().filter(frame -> frame.payload().path("event").asText().equals(event)).toList();
    }
}
