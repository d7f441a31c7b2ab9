package dev.parley.realtime;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.parley.access.Tokens;
import dev.parley.realtime.BroadcastListener.Heard;
import dev.parley.testing.Await;
import dev.parley.testing.Instance;
import dev.parley.testing.Json;
import dev.parley.testing.RawWebSocket;
import dev.parley.testing.RealtimeChannel;
import dev.parley.testing.RealtimeClient;
import dev.parley.testing.RealtimeVersion;
import dev.parley.testing.Sql;
import dev.parley.testing.TestPostgres;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.sql.Connection;
import java.sql.DriverManager;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Broadcasts by REST and from the database, over two replicas. */
class BroadcastRestIT {

    private static final String KEY = "sb_publishable_parley";
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final HttpClient CLIENT = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private static final String WATCHED = """
            select count(*) from pg_trigger where tgrelid = to_regclass('realtime.messages') and tgname = 'parley_log_insert'""";

    private static TestPostgres database;
    private static Instance here;
    private static Instance there;

    @BeforeAll
    static void start() {
        database = TestPostgres.startMigrated();
        here = begin();
        here.awaitReady();
        Await.until(() -> Sql.on(database).value(WATCHED, Long.class) > 0, PATIENCE, "realtime.messages is watched");
        there = begin();
        there.awaitReady();
    }

    private static Instance begin() {
        return Instance.over(database).setting("parley.keys.publishable", KEY).setting("parley.keys.secret", "sb_secret_parley")
                .setting("parley.realtime.private.without-roles", "allow").setting("parley.realtime.max-rest-events-per-second", "100").begin();
    }

    @AfterAll
    static void stop() {
        here.close();
        there.close();
        database.close();
    }

    @Test
    void aBatchReachesEverybodyOnTheTopicOnEveryReplica() {
        String topic = topic();
        try (BroadcastListener near = listen(here, topic, false); BroadcastListener far = listen(there, topic, false)) {
            HttpResponse<String> answer = send(post("/realtime/v1/api/broadcast?apikey=" + KEY + "&vsn=2.0.0", "application/json", """
                    {"messages":[{"topic":"%s","event":"typing","payload":{"u": 1.10},"private":false},
                                 {"topic":"%s","event":"typing","payload":{"u":2},"id":"mine"}]}""".formatted(topic, topic)));
            assertEquals(202, answer.statusCode(), answer::body);
            assertEquals("", answer.body());
            assertEquals("*", answer.headers().firstValue("Access-Control-Allow-Origin").orElse(null));
            for (BroadcastListener listener : List.of(near, far)) {
                List<Heard> heard = listener.await(2);
                assertEquals("realtime:" + topic, heard.get(0).topic());
                assertEquals("typing", heard.get(0).event());
                assertEquals("{\"u\": 1.10}", heard.get(0).text());
                assertTrue(heard.get(0).json());
                assertEquals("", heard.get(0).meta());
                assertEquals("{\"id\":\"mine\"}", heard.get(1).meta());
            }
        }
    }

    @Test
    void aSingleBroadcastTakesAnyJsonAndAnyBytesUnderNamesThatAreEncoded() {
        String topic = topic() + "/ä+b";
        String path = "/api/broadcast/" + topic.replace("/", "%2F").replace("ä", "%C3%A4") + "/events/a%20b?apikey=" + KEY;
        byte[] bytes = new byte[200_000];
        new Random(1).nextBytes(bytes);
        try (BroadcastListener far = listen(there, topic, false)) {
            for (String json : List.of("{\"u\":1}", "[1.0]", "\"text\"", "null", "")) {
                assertEquals(202, send(post(path, "application/json; charset=utf-8", json)).statusCode(), json);
            }
            assertEquals(202, send(request(path).header("Content-Type", "application/octet-stream").POST(BodyPublishers.ofByteArray(bytes))).statusCode());
            List<Heard> heard = far.await(6);
            assertEquals(List.of("{\"u\":1}", "[1.0]", "\"text\"", "null", "{}"), heard.subList(0, 5).stream().map(Heard::text).toList());
            assertEquals("a b", heard.get(0).event());
            assertFalse(heard.get(5).json());
            assertArrayEquals(bytes, heard.get(5).payload());
        }
    }

    @Test
    void whoHasNoGoodKeyIsRefusedAndATokenWinsOverTheKey() {
        String body = "{\"messages\":[{\"topic\":\"t\",\"event\":\"e\",\"payload\":{}}]}";
        for (String query : List.of("", "?apikey=wrong", "?apikey=sb_publishable_other", "?apikey=")) {
            HttpResponse<String> answer = send(post("/api/broadcast" + query, "application/json", body));
            assertEquals(401, answer.statusCode(), query);
            assertEquals("{\"message\":\"Unauthorized\"}", answer.body());
            assertEquals("*", answer.headers().firstValue("Access-Control-Allow-Origin").orElse(null));
        }
        assertEquals(400, sendRaw("POST /api/broadcast?apikey=%zz HTTP/1.1"));
        assertEquals(202, send(post("/api/broadcast", "application/json", body).header("apikey", KEY)).statusCode());
        assertEquals(202, send(post("/api/broadcast", "application/json", body).header("Authorization", "Bearer " + KEY)).statusCode());
        assertEquals(401, send(post("/api/broadcast?apikey=" + KEY, "application/json", body).header("apikey", KEY)
                .header("Authorization", "Bearer wrong")).statusCode());
        assertEquals(202, send(post("/api/broadcast?apikey=wrong", "application/json", body).header("apikey", KEY)).statusCode());
    }

    @Test
    void whatCannotBeReadIsSaidSo() {
        String path = "/api/broadcast?apikey=" + KEY;
        String single = "/api/broadcast/t/events/e?apikey=" + KEY;
        assertRefused(422, "{\"errors\":{\"messages\":[{\"payload\":[\"can't be blank\"]}]}}",
                post(path, "application/json", "{\"messages\":[{\"topic\":\"t\",\"event\":\"e\"}]}"));
        assertRefused(400, "{\"message\":\"Bad Request\"}", post(path, "application/json", "{"));
        assertRefused(415, "{\"error\":\"Unsupported Media Type\"}", post(path, "text/plain", "{}"));
        assertRefused(400, "{\"message\":\"Bad Request\"}", post(single, "application/json", "{"));
        assertRefused(415, "{\"error\":\"Unsupported Media Type\"}", post(single, "text/plain", "plain text"));
        assertRefused(422, "{\"errors\":{\"topic\":[\"can't be blank\"]}}", post("/api/broadcast/%20/events/e?apikey=" + KEY, "application/json", "{}"));
        assertRefused(422, "{\"errors\":{\"persist\":[\"can only be used on private channels\"]}}", post(single + "&persist=true", "application/json", "{}"));
        assertRefused(422, "{\"message\":\"persist ttl must be a positive integer\"}",
                post(single + "&private=true&persist%5Bttl%5D=0", "application/json", "{}"));
        HttpResponse<String> get = send(request(path).GET());
        assertEquals(405, get.statusCode());
        assertEquals("POST, OPTIONS", get.headers().firstValue("Allow").orElse(null));
    }

    @Test
    void payloadsUpToTheLimitPassAndLargerOnesAreRefusedWhileOtherBodiesKeepTheirLimit() {
        String topic = topic();
        String single = "/api/broadcast/" + topic + "/events/e?apikey=" + KEY;
        try (BroadcastListener near = listen(here, topic, false); BroadcastListener far = listen(there, topic, false)) {
            byte[] largest = new byte[3_000_000];
            new Random(2).nextBytes(largest);
            assertEquals(202, send(request(single).header("Content-Type", "application/octet-stream").POST(BodyPublishers.ofByteArray(largest))).statusCode());
            assertArrayEquals(largest, near.await(1).get(0).payload());
            assertArrayEquals(largest, far.await(1).get(0).payload());
        }
        assertRefused(422, "{\"errors\":{\"payload\":[\"Payload size exceeds tenant limit\"]}}",
                request(single).header("Content-Type", "application/octet-stream").POST(BodyPublishers.ofByteArray(new byte[3_000_001])));
        assertRefused(422, "{\"errors\":{\"messages\":[{\"payload\":[\"Payload size exceeds tenant limit\"]}]}}", post("/api/broadcast?apikey=" + KEY,
                "application/json", "{\"messages\":[{\"topic\":\"t\",\"event\":\"e\",\"payload\":{\"x\":\"" + "y".repeat(3_000_000) + "\"}}]}"));
        assertRefused(413, "{\"message\":\"Request Entity Too Large\"}",
                post("/api/broadcast?apikey=" + KEY, "application/json", " ".repeat(9_000_000)));
        assertEquals(413, send(post("/api/conversations", "application/json", " ".repeat(2_000_000))).statusCode());
    }

    @Test
    void whoWaitsToBeToldToGoOnIsToldUnlessItIsTooMuch() throws IOException {
        for (String path : List.of("/api/broadcast/t/events/e", "/api/broadcast")) {
            String body = path.endsWith("e") ? "{\"u\":1}" : "{\"messages\":[{\"topic\":\"t\",\"event\":\"e\",\"payload\":{}}]}";
            try (java.net.Socket socket = new java.net.Socket("127.0.0.1", here.port())) {
                socket.setSoTimeout((int) PATIENCE.toMillis());
                socket.getOutputStream().write(waiting(path, body.length()));
                assertEquals("HTTP/1.1 100", new String(socket.getInputStream().readNBytes("HTTP/1.1 100".length()), UTF_8));
                socket.getOutputStream().write(body.getBytes(UTF_8));
                String rest = " Continue\r\n\r\nHTTP/1.1 202";
                assertEquals(rest, new String(socket.getInputStream().readNBytes(rest.length()), UTF_8));
            }
        }
        for (int length : List.of(3_000_001, 100_000_000)) {
            try (java.net.Socket socket = new java.net.Socket("127.0.0.1", here.port())) {
                socket.setSoTimeout((int) PATIENCE.toMillis());
                socket.getOutputStream().write(waiting("/api/broadcast/t/events/e", length));
                assertEquals("HTTP/1.1 4", new String(socket.getInputStream().readNBytes("HTTP/1.1 4".length()), UTF_8));
            }
        }
    }

    private static byte[] waiting(String path, int length) {
        return ("POST " + path + "?apikey=" + KEY + " HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: " + length
                + "\r\n\r\n").getBytes(UTF_8);
    }

    @Test
    void whatCanNeverBeStoredIsNotToBeTriedAgain() {
        String path = "/api/broadcast/" + topic() + "/events/%s?private=true&persist=true&apikey=sb_secret_parley";
        for (String payload : List.of("{\"a\":\"\\u0000\"}", "{\"a\":\"\\ud800\"}", "1e400000")) {
            assertRefused(422, "{\"errors\":{\"payload\":[\"can't be stored\"]}}", post(path.formatted("e"), "application/json", payload));
        }
        assertRefused(422, "{\"errors\":{\"event\":[\"can't be stored\"]}}", post(path.formatted("e%00"), "application/json", "{}"));
        assertEquals(202, send(post(path.formatted("e"), "application/json", "{}")).statusCode());
    }

    @Test
    void aPagesBrowserMaySendFromAnyOrigin() {
        for (String path : List.of("/api/broadcast", "/realtime/v1/api/broadcast", "/realtime/v1/api/broadcast/t/events/e", "/api/ping")) {
            HttpResponse<String> answer = send(request(path + "?apikey=" + KEY).header("Origin", "http://elsewhere").header("Access-Control-Request-Method", "POST")
                    .header("Access-Control-Request-Headers", "authorization,apikey,content-type,x-client-info,x-new").method("OPTIONS", BodyPublishers.noBody()));
            assertEquals(204, answer.statusCode());
            assertEquals(List.of("*"), answer.headers().allValues("Access-Control-Allow-Origin"));
            assertEquals(List.of("authorization,apikey,content-type,x-client-info,x-new"), answer.headers().allValues("Access-Control-Allow-Headers"));
            assertTrue(answer.headers().firstValue("Access-Control-Allow-Methods").orElse("").contains("POST"));
        }
        assertEquals("ok", send(request("/healthcheck").GET()).body());
        assertEquals("{\"message\":\"Success\"}", send(request("/realtime/v1/api/ping").GET()).body());
    }

    @Test
    void whoSendsTooMuchIsToldSo() {
        String many = "{\"messages\":[" + IntStream.range(0, 400).mapToObj(i -> "{\"topic\":\"t\",\"event\":\"e\",\"payload\":{}}")
                .collect(Collectors.joining(",")) + "]}";
        String path = "/api/broadcast?apikey=sb_secret_parley";
        assertEquals(202, send(post(path, "application/json", many)).statusCode());
        assertRefused(429, "{\"message\":\"Too many messages to broadcast, please reduce the batch size\"}", post(path, "application/json", many));
    }

    @Test
    void rowsOfTheMessagesTableAreBroadcastToTheirTopicOnEveryReplica() {
        String topic = topic();
        try (BroadcastListener open = listen(here, topic, false); BroadcastListener near = listen(here, topic, true);
                BroadcastListener far = listen(there, topic, true)) {
            UUID id = UUID.randomUUID();
            Sql.on(database).run("insert into realtime.messages (id, topic, extension, event, payload, private) values (?, ?, 'broadcast', 'e', '{\"a\": 1.10}', true)",
                    id, topic);
            Sql.on(database).run("insert into realtime.messages (topic, extension, event, payload, private) values (?, 'presence', 'e', '{}', true)", topic);
            Sql.on(database).run("insert into realtime.messages (topic, extension, event, binary_payload, private) values (?, 'broadcast', 'b', '\\x0001', true)", topic);
            Sql.on(database).run("insert into realtime.messages (topic, extension, event, payload) values (?, 'broadcast', 'open', '{}')", topic);
            for (BroadcastListener listener : List.of(near, far)) {
                List<Heard> heard = listener.await(2);
                assertEquals("{\"a\": 1.10}", heard.get(0).text());
                assertEquals("{\"id\":\"" + id + "\"}", heard.get(0).meta());
                assertArrayEquals(new byte[] {0, 1}, heard.get(1).payload());
                assertEquals(2, heard.size());
            }
            Sql.on(database).value("select realtime.send('{\"id\":\"mine\"}', 'sent', ?)::text", String.class, topic);
            assertEquals("{\"id\": \"mine\"}", far.await(3).get(2).text());
            assertEquals(List.of("open"), open.await(1).stream().map(Heard::event).toList());
        }
    }

    @Test
    void aPersistedBroadcastComesOnceAndAgainToWhoeverJoinsLater() {
        String topic = topic();
        try (BroadcastListener near = listen(here, topic, true); BroadcastListener far = listen(there, topic, true)) {
            String path = "/api/broadcast/" + topic + "/events/e?private=true&apikey=" + KEY;
            assertEquals(202, send(post(path + "&persist%5Bttl%5D=60", "application/json", "{\"n\":1}")).statusCode());
            far.await(1);
            near.say(topic, "e", "{\"persist\":true}", "{\"n\":2}");
            far.await(2);
            assertEquals(202, send(post(path, "application/json", "{\"n\":3}")).statusCode());
            assertEquals(List.of("{\"n\": 1}", "{\"n\": 2}", "{\"n\":3}"), far.await(3).stream().map(Heard::text).toList());
            Await.until(() -> near.heard().size() == 2, PATIENCE, () -> "the one who said it does not hear it: " + near.heard());
            assertEquals(List.of("{\"n\": 1}", "{\"n\":3}"), near.heard().stream().map(Heard::text).toList());
        }
        try (BroadcastListener late = BroadcastListener.join(there, KEY, topic, "{\"private\":true,\"broadcast\":{\"replay\":{\"since\":0,\"limit\":1}}}")) {
            Heard replayed = late.await(1).get(0);
            assertEquals("{\"n\": 2}", replayed.text());
            assertTrue(Json.read(replayed.meta()).get("replayed").asBoolean());
            UUID.fromString(Json.read(replayed.meta()).get("id").asText());
        }
        try (BroadcastListener other = listen(there, topic, true); BroadcastListener late = BroadcastListener.join(there, KEY, topic,
                "{\"private\":true,\"broadcast\":{\"replay\":{\"since\":" + (System.currentTimeMillis() + 60_000) + "}}}")) {
            late.say(topic, "own", "", "{}");
            other.await(1);
            other.say(topic, "fence", "", "{}"); // comes after all that came before it, whatever that is
            assertEquals(List.of("fence"), late.await(1).stream().map(Heard::event).toList(), "neither what was stored before nor what it says itself");
        }
    }

    @Test
    void whatFollowsAPersistedBroadcastComesAfterItOnEveryReplica() {
        String topic = topic();
        try (BroadcastListener near = listen(here, topic, true); BroadcastListener far = listen(there, topic, true);
                BroadcastListener speaker = listen(here, topic, true)) {
            for (int i = 0; i < 60; i += 3) {
                speaker.say(topic, "e", "{\"persist\":true}", "{\"n\": " + i + "}");
                speaker.say(topic, "e", "", "{\"n\": " + (i + 1) + "}");
                speaker.say(topic, "e", "", "{\"n\": " + (i + 2) + "}");
                assertInOrder(i + 3, near, far);
            }
        }
    }

    @Test
    void onItsOwnReplicaAllThatAClientSaysComesInThatOrder() {
        String topic = topic();
        try (BroadcastListener near = listen(here, topic, true); BroadcastListener speaker = listen(here, topic, true)) {
            for (int i = 0; i < 300; i++) {
                speaker.say(topic, "e", i % 3 == 0 ? "{\"persist\":true}" : "", "{\"n\": " + i + "}");
            }
            assertInOrder(300, near);
        }
    }

    @Test
    void persistedBroadcastsComeInTheOrderInWhichTheyWereSaidWhateverTheirSize() {
        String topic = topic();
        try (BroadcastListener near = listen(here, topic, true); BroadcastListener far = listen(there, topic, true);
                BroadcastListener speaker = listen(here, topic, true)) {
            for (int i = 0; i < 100; i++) {
                speaker.say(topic, "e", "{\"persist\":true}", "{\"n\": " + i + ", \"pad\": \"" + "x".repeat(i % 2 == 0 ? 100_000 : 100) + "\"}");
            }
            assertInOrder(100, near, far);
        }
    }

    /** A zero byte is nothing that PostgreSQL stores. */
    @Test
    void whatCannotBeStoredKeepsNothingBehindItBack() throws IOException {
        byte[] payload = "{}".getBytes(UTF_8);
        try (RealtimeClient client = RealtimeClient.of(RealtimeVersion.V2).connect(here)) {
            RealtimeChannel channel = client.channel(topic());
            channel.config().put("private", true).withObject("/broadcast").put("ack", true).put("self", true);
            channel.join().awaitJoined();
            List<String> said = new ArrayList<>();
            for (String event : List.of("first", "zero\0", "zero", "last")) {
                String ref = client.nextRef();
                said.add(ref);
                client.socket().write(RawWebSocket.BINARY, RealtimeVersion.push(channel.joinRef(), ref, channel.topic(), event, "{\"persist\":true}", true,
                        event.equals("zero") ? "{\"a\":\"\\u0000\"}".getBytes(UTF_8) : payload));
            }
            said.add(channel.broadcast("plain", Json.read("{}")));
            for (String ref : said.subList(1, 3)) {
                assertEquals(Json.read("{\"status\":\"error\",\"response\":{\"error\":\"unstorable\"}}"), channel.awaitReply(ref));
            }
            assertEquals(List.of("ok", "error", "error", "ok", "ok"), said.stream().map(ref -> channel.awaitReply(ref).path("status").asText()).toList());
            channel.awaitBroadcast("plain", Json.read("{}"));
            assertEquals(List.of("first", "last", "plain"),
                    channel.frames("broadcast").stream().map(frame -> frame.payload().path("event").asText()).toList());
        }
    }

    private static void assertInOrder(int number, BroadcastListener... listeners) {
        for (BroadcastListener listener : listeners) {
            assertEquals(IntStream.range(0, number).boxed().toList(),
                    listener.await(number).stream().map(heard -> Json.read(heard.text()).get("n").asInt()).toList());
        }
    }

    /** The heartbeat comes after ten megabytes, which are read in no time: it is answered after most of them are stored. */
    @Test
    void whoSaysMoreThanCanBeStoredIsNotReadFurther() throws IOException {
        byte[] payload = ("\"" + "x".repeat(20_000) + "\"").getBytes(UTF_8);
        try (RealtimeClient client = RealtimeClient.of(RealtimeVersion.V2).connect(here)) {
            RealtimeChannel channel = client.channel(topic());
            channel.config().put("private", true).withObject("/broadcast").put("ack", true);
            channel.join().awaitJoined();
            List<String> said = new ArrayList<>();
            for (int i = 0; i < 500; i++) {
                said.add(client.nextRef());
                client.socket().write(RawWebSocket.BINARY,
                        RealtimeVersion.push(channel.joinRef(), said.get(i), channel.topic(), "e", "{\"persist\":true}", true, payload));
            }
            client.awaitHeartbeat();
            long answered = said.stream().filter(ref -> channel.reply(ref) != null).count();
            assertTrue(answered >= 300, () -> "only " + answered + " were answered before");
            said.forEach(ref -> assertEquals("ok", channel.awaitReply(ref).path("status").asText()));
        }
    }

    /** The policy counts what it is asked and takes its time: without an order sixty questions would be before the join's. */
    @Test
    void aJoinDoesNotWaitBehindOneCallersBatches() throws IOException {
        Sql.on(database).run("""
                create role slow;
                create sequence asked;
                create function slow_answer() returns boolean language sql volatile security definer
                  as $$ select pg_sleep(0.05) is not null and nextval('public.asked') > 0 $$;
                grant usage on schema realtime to slow;
                grant select, insert on realtime.messages to slow;
                create policy slow_read on realtime.messages for select to slow using (true);
                create policy slow_write on realtime.messages for insert to slow
                  with check (realtime.topic() not like 'slow:%' or extension <> 'broadcast' or public.slow_answer())""");
        String token = token("slow", "batches");
        List<CompletableFuture<HttpResponse<String>>> batches = new ArrayList<>();
        try (RealtimeClient client = RealtimeClient.of(RealtimeVersion.V2, token("slow", "joins")).connect(here)) {
            for (int i = 0; i < 60; i++) {
                String batch = "{\"messages\":[{\"topic\":\"slow:" + i + "\",\"event\":\"e\",\"payload\":{},\"private\":true}]}";
                HttpRequest post = post("/api/broadcast", "application/json", batch).header("Authorization", "Bearer " + token).build();
                batches.add(CLIENT.sendAsync(post, BodyHandlers.ofString()));
            }
            Await.until(() -> asked() > 5, PATIENCE, "the batches are being looked at");
            RealtimeChannel channel = client.channel("quick");
            channel.config().put("private", true);
            long before = asked();
            channel.join().awaitJoined();
            long meanwhile = asked() - before;
            assertTrue(meanwhile < 30, () -> meanwhile + " questions of somebody else's were answered before");
        }
        batches.forEach(batch -> assertEquals(202, batch.join().statusCode()));
    }

    /** The policy answers for the fresh token only when the test lets it, after the old one has expired. */
    @Test
    void aTokenThatExpiresWhileAFreshOneIsLookedAtDoesNotEndTheChannel() throws Exception {
        roleWhoseFreshTokensWait("renewing", 4711);
        long expires = System.currentTimeMillis() / 1000 + 4;
        try (Connection holder = DriverManager.getConnection(database.jdbcUrl(), "postgres", "");
                RealtimeClient client = RealtimeClient.of(RealtimeVersion.V2, token("renewing", "old", expires)).connect(here)) {
            Sql.run(holder, "select pg_advisory_lock(4711)");
            RealtimeChannel channel = client.channel(topic());
            channel.config().put("private", true).withObject("/broadcast").put("ack", true);
            channel.join().awaitJoined();
            Await.until(() -> System.currentTimeMillis() > expires * 1000 - 1_500, PATIENCE, "the token is about to expire");
            channel.push("access_token", Json.read("{\"access_token\":\"" + token("renewing", "fresh") + "\"}"));
            Await.until(() -> System.currentTimeMillis() > expires * 1000 + 300, PATIENCE, "the token has expired");
            client.awaitHeartbeat();
            assertEquals(1, Sql.on(database).value("select count(*) from pg_locks where locktype = 'advisory' and not granted", Long.class),
                    "the fresh one is being looked at");
            assertEquals(List.of(), channel.errors());
            Sql.run(holder, "select pg_advisory_unlock(4711)");
            Await.until(() -> Sql.on(database).value("select count(*) from pg_locks where locktype = 'advisory'", Long.class) == 0, PATIENCE, "answered");
            assertEquals("ok", channel.awaitReply(channel.broadcast("e", Json.read("{}"))).path("status").asText());
            assertEquals(List.of(), channel.errors());
        }
    }

    /** The policy waits for longer than a question may take; the token that the channel has still holds meanwhile. */
    @Test
    void aFreshTokenThatNobodyCanJudgeForAWhileLeavesTheChannelAsItIs() throws Exception {
        roleWhoseFreshTokensWait("patient", 4712);
        try (Connection holder = DriverManager.getConnection(database.jdbcUrl(), "postgres", "");
                RealtimeClient client = RealtimeClient.of(RealtimeVersion.V2, token("patient", "old")).connect(here)) {
            Sql.run(holder, "select pg_advisory_lock(4712)");
            RealtimeChannel channel = client.channel(topic());
            channel.config().put("private", true).withObject("/broadcast").put("ack", true);
            channel.join().awaitJoined();
            channel.push("access_token", Json.read("{\"access_token\":\"" + token("patient", "fresh") + "\"}"));
            Await.until(() -> waitForTheLock() == 1, PATIENCE, "the policy is asked");
            Await.until(() -> waitForTheLock() == 0, PATIENCE, "the question is given up");
            assertEquals("ok", channel.awaitReply(channel.broadcast("e", Json.read("{}"))).path("status").asText());
            Await.until(() -> waitForTheLock() == 1, PATIENCE, "it is asked again");
            Sql.run(holder, "select pg_advisory_unlock(4712)");
            Await.until(() -> waitForTheLock() == 0, PATIENCE, "answered");
            assertEquals("ok", channel.awaitReply(channel.broadcast("e", Json.read("{}"))).path("status").asText());
            assertEquals(List.of(), channel.errors());
        }
    }

    /** Whose policies answer for a token of {@code fresh} only when this lock can be had. */
    private static void roleWhoseFreshTokensWait(String role, int lock) {
        Sql.on(database).run("""
                create role %1$s;
                create function let_in_%1$s() returns boolean language sql volatile security definer as $$
                  select case when current_setting('request.jwt.claims')::json ->> 'sub' = 'fresh' then pg_advisory_xact_lock(%2$d) is not null else true end $$;
                grant usage on schema realtime to %1$s;
                grant select, insert on realtime.messages to %1$s;
                create policy %1$s_read on realtime.messages for select to %1$s using (public.let_in_%1$s());
                create policy %1$s_write on realtime.messages for insert to %1$s with check (true)""".formatted(role, lock));
    }

    private static long waitForTheLock() {
        return Sql.on(database).value("select count(*) from pg_locks where locktype = 'advisory' and objid = 4712 and not granted", Long.class);
    }

    private static long asked() {
        return Sql.on(database).value("select last_value from asked", Long.class);
    }

    private static String token(String role, String subject) {
        return token(role, subject, System.currentTimeMillis() / 1000 + 3600);
    }

    private static String token(String role, String subject, long expires) {
        return Tokens.shared("HS256", null, Instance.JWT_SECRET,
                "{\"role\":\"" + role + "\",\"sub\":\"" + subject + "\",\"exp\":" + expires + "}");
    }

    @Test
    void aReplayHasTheNewestUpToTheLimitOldestFirst() {
        String topic = topic();
        for (int i = 0; i < 150; i++) {
            Sql.on(database).run("insert into realtime.messages (topic, extension, event, payload, private, inserted_at) "
                    + "values (?, 'broadcast', 'e', to_jsonb(?::int), true, (now() at time zone 'UTC') + ? * interval '1 millisecond')", topic, i, i);
        }
        try (BroadcastListener late = BroadcastListener.join(there, KEY, topic, "{\"private\":true,\"broadcast\":{\"replay\":{\"since\":0}}}")) {
            assertEquals(IntStream.range(50, 150).mapToObj(String::valueOf).toList(), late.await(100).stream().map(Heard::text).toList());
        }
    }

    private static String topic() {
        return "chat:" + UUID.randomUUID();
    }

    private static BroadcastListener listen(Instance instance, String topic, boolean isPrivate) {
        return BroadcastListener.join(instance, KEY, topic, "{\"private\":" + isPrivate + "}");
    }

    private static HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(here.http(path)).timeout(PATIENCE);
    }

    private static HttpRequest.Builder post(String path, String type, String body) {
        return request(path).header("Content-Type", type).POST(BodyPublishers.ofString(body, UTF_8));
    }

    private static HttpResponse<String> send(HttpRequest.Builder request) {
        try {
            return CLIENT.send(request.build(), BodyHandlers.ofString());
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Sends a request that no client library would let pass. */
    private static int sendRaw(String firstLine) {
        try (java.net.Socket socket = new java.net.Socket("127.0.0.1", here.port())) {
            socket.setSoTimeout((int) PATIENCE.toMillis());
            socket.getOutputStream().write((firstLine + "\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 0\r\n\r\n").getBytes(UTF_8));
            byte[] answer = socket.getInputStream().readNBytes("HTTP/1.1 400".length());
            return Integer.parseInt(new String(answer, UTF_8).substring("HTTP/1.1 ".length()));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static void assertRefused(int status, String body, HttpRequest.Builder request) {
        HttpResponse<String> answer = send(request);
        assertEquals(status, answer.statusCode(), answer::body);
        assertEquals(body, answer.body());
    }
}
