package dev.parley.realtime;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import dev.parley.testing.Await;
import dev.parley.testing.Http;
import dev.parley.testing.Instance;
import dev.parley.testing.Json;
import dev.parley.testing.RawWebSocket;
import dev.parley.testing.RealtimeChannel;
import dev.parley.testing.RealtimeClient;
import dev.parley.testing.RealtimeVersion;
import dev.parley.testing.Sql;
import dev.parley.testing.TestPostgres;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Stored broadcasts whose author joins anew, or of which the database does not say in time whether it has them; over two replicas. */
class PersistedBroadcastsIT {

    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final String WATCHED = "select count(*) from pg_trigger where tgrelid = to_regclass('realtime.messages') and tgname = 'parley_log_insert'";
    /** The commit of what is on a topic {@code held:…} hangs, for longer than any timeout of a statement, until the topic is let go. */
    private static final String HOLD = """
            create table let_go (topic text);
            create function hold() returns trigger language plpgsql as $$
              begin
                while not exists (select from public.let_go where topic = new.topic) loop
                  perform pg_sleep(0.02);
                end loop;
                return null;
              end $$;
            create constraint trigger hold after insert on realtime.messages deferrable initially deferred
              for each row when (new.topic like 'held:%') execute function hold()""";

    private static TestPostgres database;
    private static Instance here;
    private static Instance there;

    /** How a client joins a topic that it has joined already. */
    private enum Anew {

        LEAVING_FIRST {
            @Override
            RealtimeChannel join(RealtimeClient client, RealtimeChannel channel, String topic) throws IOException {
                channel.leave();
                return PersistedBroadcastsIT.join(client, topic);
            }
        },
        IN_PLACE {
            @Override
            RealtimeChannel join(RealtimeClient client, RealtimeChannel channel, String topic) throws IOException {
                return channel.join().awaitJoined();
            }
        };

        abstract RealtimeChannel join(RealtimeClient client, RealtimeChannel channel, String topic) throws IOException;
    }

    @BeforeAll
    static void start() {
        database = TestPostgres.startMigrated();
        here = begin();
        here.awaitReady();
        Await.until(() -> Sql.on(database).value(WATCHED, Long.class) > 0, PATIENCE, "realtime.messages is watched");
        Sql.on(database).run(HOLD);
        there = begin();
        there.awaitReady();
    }

    private static Instance begin() {
        return Instance.over(database).setting("parley.realtime.private.without-roles", "allow").begin();
    }

    @AfterAll
    static void stop() {
        here.close();
        there.close();
        database.close();
    }

    @ParameterizedTest
    @EnumSource
    void whoJoinsAnewWhileABroadcastIsBeingStoredSpeaksBehindItAndDoesNotHearIt(Anew anew) throws IOException {
        String topic = "held:" + UUID.randomUUID();
        try (BroadcastListener near = listen(here, topic); BroadcastListener far = listen(there, topic);
                RealtimeClient client = RealtimeClient.of(RealtimeVersion.V2).connect(here)) {
            RealtimeChannel before = join(client, topic);
            persist(client, before, number(0));
            RealtimeChannel channel = anew.join(client, before, topic);
            channel.broadcast("e", number(1));
            client.awaitHeartbeat(); // by now it was said, or waits
            letGo(topic);
            assertInOrder(2, near, far);
            assertHearsNothingButAFence(channel, near, topic);
        }
    }

    @Test
    void whatIsSaidOnceABroadcastIsStoredComesAfterItAlsoFromWhoHasJoinedAnew() throws IOException {
        String topic = "chat:" + UUID.randomUUID();
        try (BroadcastListener near = listen(here, topic); BroadcastListener far = listen(there, topic);
                RealtimeClient client = RealtimeClient.of(RealtimeVersion.V2).connect(here)) {
            RealtimeChannel channel = join(client, topic);
            for (int i = 0; i < 60; i += 2) {
                persist(client, channel, number(i));
                channel = Anew.values()[i / 2 % 2].join(client, channel, topic);
                channel.broadcast("e", number(i + 1));
                assertInOrder(i + 2, near, far);
            }
            assertHearsNothingButAFence(channel, near, topic);
        }
    }

    /** Who said it by REST is nobody on the topic: that one comes to all. */
    @Test
    void ofWhatIsNotStoredInTimeTheAuthorIsToldThatNobodyKnowsAndDoesNotHearItWhenItComesAfterAll() throws IOException {
        String topic = "held:" + UUID.randomUUID();
        try (BroadcastListener near = listen(here, topic); RealtimeClient client = RealtimeClient.of(RealtimeVersion.V2).connect(here)) {
            RealtimeChannel channel = join(client, topic);
            URI rest = here.http("/api/broadcast/" + topic + "/events/rest?private=true&persist=true&apikey=" + Instance.PUBLISHABLE_KEY);
            CompletableFuture<HttpResponse<String>> posted = CompletableFuture.supplyAsync(() -> Http.send("POST", rest, "{}"));
            String ref = persist(client, channel, number(0));
            assertEquals(Json.read("{\"status\":\"error\",\"response\":{\"error\":\"unknown_whether_stored\"}}"), channel.awaitReply(ref));
            assertEquals(503, posted.join().statusCode());
            assertEquals("{\"message\":\"It is not known whether the broadcast was stored\"}", posted.join().body());
            assertEquals(List.of(), near.heard());
            letGo(topic);
            assertEquals(List.of("e", "rest"), near.await(2).stream().map(BroadcastListener.Heard::event).sorted().toList());
            near.say(topic, "fence", "", "{}");
            channel.awaitBroadcast("fence", Json.read("{}"));
            assertEquals(List.of("rest", "fence"), heard(channel));
        }
    }

    private static RealtimeChannel join(RealtimeClient client, String topic) throws IOException {
        RealtimeChannel channel = client.channel(topic);
        channel.config().put("private", true).withObject("/broadcast").put("ack", true);
        return channel.join().awaitJoined();
    }

    private static BroadcastListener listen(Instance instance, String topic) {
        return BroadcastListener.join(instance, Instance.PUBLISHABLE_KEY, topic, "{\"private\":true}");
    }

    private static String persist(RealtimeClient client, RealtimeChannel channel, JsonNode payload) throws IOException {
        String ref = client.nextRef();
        client.socket().write(RawWebSocket.BINARY,
                RealtimeVersion.push(channel.joinRef(), ref, channel.topic(), "e", "{\"persist\":true}", true, payload.toString().getBytes(UTF_8)));
        return ref;
    }

    private static JsonNode number(int number) {
        return Json.read("{\"n\":" + number + "}");
    }

    private static void letGo(String topic) {
        Sql.on(database).run("insert into let_go values (?)", topic);
    }

    private static void assertInOrder(int number, BroadcastListener... listeners) {
        for (BroadcastListener listener : listeners) {
            assertEquals(IntStream.range(0, number).boxed().toList(),
                    listener.await(number).stream().map(heard -> Json.read(heard.text()).get("n").asInt()).toList());
        }
    }

    /** @param other has heard all that was said: what it says now comes behind */
    private static void assertHearsNothingButAFence(RealtimeChannel channel, BroadcastListener other, String topic) {
        other.say(topic, "fence", "", "{}");
        channel.awaitBroadcast("fence", Json.read("{}"));
        assertEquals(List.of("fence"), heard(channel));
    }

    private static List<String> heard(RealtimeChannel channel) {
        return channel.frames("broadcast").stream().map(frame -> frame.payload().path("event").asText()).toList();
    }
}
