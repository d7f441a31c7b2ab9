package dev.parley.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.parley.testing.Api;
import dev.parley.testing.Await;
import dev.parley.testing.Conversations;
import dev.parley.testing.Http;
import dev.parley.testing.Instance;
import dev.parley.testing.Json;
import dev.parley.testing.RawWebSocket;
import dev.parley.testing.Sql;
import dev.parley.testing.StreamClient;
import dev.parley.testing.TestPostgres;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Bad input is answered with its error, and the stream goes on as if it had not been. */
class BadInputIT {

    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private static TestPostgres database;
    private static Instance instance;

    private UUID conversation;
    private StreamClient stream;
    private StreamClient global;

    @BeforeAll
    static void startInstance() {
        database = TestPostgres.startMigrated();
        instance = Instance.over(database).start();
    }

    @AfterAll
    static void stopInstance() {
        instance.close();
        database.close();
    }

    @BeforeEach
    void join() throws IOException {
        conversation = Conversations.insert(database, "bad input");
        stream = StreamClient.conversation(conversation).join(instance);
        global = StreamClient.global().join(instance);
    }

    @AfterEach
    void leave() {
        stream.close();
        global.close();
    }

    @Test
    void streamsAndRestAreForPagesOfTheirOwnOriginAndOfThoseThatAreNamed() {
        String own = "http://127.0.0.1:" + instance.port();
        assertEquals(101, upgrade(instance, own));
        assertEquals(101, upgrade(instance, own.replace("http:", "https:")), "TLS may end in front of the service");
        for (String other : List.of("https://evil.example", "http://127.0.0.1:1", "http://127.0.0.1", "null", "", own + ".evil.example")) {
            assertEquals(403, upgrade(instance, other), other);
        }
        try (Instance open = Instance.over(database).setting("quarkus.http.cors.origins", "https://shop.example,/https://.*[.]shop[.]example/").start()) {
            assertEquals(101, upgrade(open, "https://shop.example"));
            assertEquals(101, upgrade(open, "https://www.shop.example"));
            for (String other : List.of("https://evil.example", "https://evilshop.example", "https://www.shop-example")) {
                assertEquals(403, upgrade(open, other));
            }
            for (String named : List.of("https://shop.example", "https://www.shop.example")) {
                assertEquals(named, allowed(asked(open, named)));
                assertEquals(named, allowed(created(open, named)));
                assertEquals(named, allowed(refused(open, named)), "the page can read what was wrong");
            }
            for (String other : List.of("https://evil.example", "https://evilshop.example", "https://shop.example.evil", "http://127.0.0.1:" + open.port())) {
                assertNull(allowed(asked(open, other)), other);
                assertNull(allowed(created(open, other)), other);
            }
        }
        assertNull(allowed(asked(instance, "https://shop.example")), "nobody is named");
        assertNull(allowed(created(instance, "https://shop.example")));
    }

    /** What a browser asks before a page's request. */
    private static HttpResponse<String> asked(Instance at, String origin) {
        HttpResponse<String> answer = Http.send("OPTIONS", at.http("/api/conversations"), "",
                Map.of("Origin", origin, "Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "content-type,x-own"));
        if (allowed(answer) != null) {
            assertEquals(204, answer.statusCode());
            assertEquals("GET, POST, PATCH", answer.headers().firstValue("Access-Control-Allow-Methods").orElse(null));
            assertEquals("content-type,x-own", answer.headers().firstValue("Access-Control-Allow-Headers").orElse(null));
        }
        return answer;
    }

    private static HttpResponse<String> created(Instance at, String origin) {
        HttpResponse<String> answer = Http.send("POST", at.http("/api/conversations"), "{\"subject\":\"from a page\"}", Map.of("Origin", origin));
        assertEquals(201, answer.statusCode());
        return answer;
    }

    private static HttpResponse<String> refused(Instance at, String origin) {
        HttpResponse<String> answer = Http.send("POST", at.http("/api/conversations/" + UUID.randomUUID() + "/messages"), "{}", Map.of("Origin", origin));
        assertEquals(400, answer.statusCode());
        return answer;
    }

    private static String allowed(HttpResponse<String> answer) {
        List<String> origins = answer.headers().allValues("Access-Control-Allow-Origin");
        assertTrue(origins.size() < 2, origins::toString);
        return origins.isEmpty() ? null : origins.get(0);
    }

    /** The status of a page's upgrade. */
    private static int upgrade(Instance at, String origin) {
        try {
            HttpClient.newHttpClient().newWebSocketBuilder().header("Origin", origin)
                    .buildAsync(URI.create("ws://127.0.0.1:" + at.port() + "/ws/feed"), new WebSocket.Listener() { }).join().abort();
            return 101;
        } catch (CompletionException e) {
            if (e.getCause() instanceof WebSocketHandshakeException refused) {
                return refused.getResponse().statusCode();
            }
            throw e;
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "hello", "{", "{\"type\":\"send\"", "{'type':'send'}", "\u0000", "{\"type\":\"typing\"} trailing", "{\"type\":\"ping\",\"x\":1e99999999999}"})
    void whatIsNotJsonIsAnsweredAndTheStreamGoesOn(String text) throws IOException {
        assertAnswered(text, "PARLEY-INVALID-JSON");
    }

    @ParameterizedTest
    @ValueSource(strings = {"null", "[]", "17", "\"send\""})
    void whatIsNoObjectIsAnsweredAndTheStreamGoesOn(String text) throws IOException {
        assertAnswered(text, "PARLEY-INVALID-JSON", "PARLEY-INVALID-FRAME");
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", "{\"type\":null}", "{\"type\":17}", "{\"type\":\"dance\"}", "{\"type\":\"message\"}"})
    void anUnknownFrameIsAnsweredAndTheStreamGoesOn(String text) throws IOException {
        assertAnswered(text, "PARLEY-INVALID-FRAME");
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "{\"type\":\"send\",\"id\":\"%s\",\"content\":17}", "{\"type\":\"send\",\"id\":\"%s\",\"content\":{\"a\":1}}",
        "{\"type\":\"send\",\"id\":\"%s\",\"content\":null}", "{\"type\":\"send\",\"id\":\"%s\"}",
        "{\"type\":\"send\",\"id\":17,\"content\":\"x\"}", "{\"type\":\"send\",\"id\":\"not a uuid\",\"content\":\"x\"}",
        "{\"type\":\"send\",\"id\":\"%s\",\"content\":\"x\",\"metadata\":[]}", "{\"type\":\"send\",\"id\":\"%s\",\"content\":\"x\",\"metadata\":\"{}\"}",
        "{\"type\":\"send\",\"id\":\"%s\",\"content\":\"\"}", "{\"type\":\"send\",\"id\":\"%s\",\"content\":\"a\\u0000b\"}",
        "{\"type\":\"send\",\"id\":\"%s\",\"content\":\"x\",\"metadata\":{\"a\":\"\\u0000\"}}",
        "{\"type\":\"send\",\"id\":\"%s\",\"content\":\"\\ud800\"}"})
    void aSendWithWrongTypesOrContentIsAnsweredAndTheStreamGoesOn(String text) throws IOException {
        assertAnswered(text.replace("%s", UUID.randomUUID().toString()), "PARLEY-INVALID-FRAME", "PARLEY-INVALID-MESSAGE");
    }

    @Test
    void contentBeyondItsBoundIsAnsweredAndTheStreamGoesOn() throws IOException {
        UUID id = UUID.randomUUID();
        stream.sendMessage(id, "x".repeat(16_385));
        assertEquals("PARLEY-INVALID-MESSAGE", awaitAnswer(stream, id).get("code").asText());
        UUID longest = UUID.randomUUID();
        stream.sendMessage(longest, "𝄞".repeat(16_384));
        assertEquals("ack", awaitAnswer(stream, longest).get("type").asText());
        assertGoesOn();
    }

    @Test
    void anOversizedFrameIsAnsweredAndTheStreamGoesOn() throws IOException {
        stream.send("{\"type\":\"typing\",\"padding\":\"" + "x".repeat(400_000) + "\"}");
        awaitError(stream, List.of("PARLEY-TOO-LARGE"));
        assertGoesOn();
    }

    @Test
    void invalidUtf8IsAnsweredAndTheStreamGoesOn() throws IOException {
        byte[] frame = "{\"type\":\"send\",\"content\":\"?\"}".getBytes(StandardCharsets.UTF_8);
        frame[frame.length - 3] = (byte) 0xff;
        stream.socket().write(RawWebSocket.TEXT, frame);
        awaitError(stream, List.of("PARLEY-INVALID-UTF8"));
        assertGoesOn();
    }

    @Test
    void aBinaryFrameIsAnsweredAndTheStreamGoesOn() throws IOException {
        stream.socket().write(RawWebSocket.BINARY, new byte[] {1, 2, 3});
        awaitError(stream, List.of("PARLEY-BINARY-UNSUPPORTED"));
        assertGoesOn();
    }

    @ParameterizedTest
    @ValueSource(strings = "sender_id=%zz&after=%")
    void aQueryThatIsNotEncodedIsRefusedAtEveryDoorAndNoFaultOfTheService(String query) throws IOException {
        for (String request : List.of(
                "POST /api/conversations/" + conversation + "/messages?" + query + " HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 15\r\n",
                "POST /api/conversations?" + query + " HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 15\r\n",
                "GET /api/conversations/" + conversation + "/messages?" + query + " HTTP/1.1\r\n",
                "GET /ws/conversations/" + conversation + "?" + query + " HTTP/1.1\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n",
                "GET /ws/feed?" + query + " HTTP/1.1\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n")) {
            String connection = request.contains("Upgrade:") ? "Upgrade" : "close";
            String answer = raw(request + "Host: localhost\r\nConnection: " + connection + "\r\n\r\n" + (request.startsWith("POST") ? "{\"content\":\"x\"}" : ""));
            assertTrue(answer.startsWith("HTTP/1.1 400"), () -> request + answer);
        }
        assertFalse(instance.log().contains("ERROR"), instance::log);
        assertGoesOn();
    }

    /** The answer's head. */
    private static String raw(String request) throws IOException {
        try (Socket socket = new Socket("localhost", instance.port())) {
            socket.setSoTimeout((int) PATIENCE.toMillis());
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            StringBuilder answer = new StringBuilder();
            byte[] chunk = new byte[8_192];
            for (int read; !answer.toString().contains("\r\n\r\n") && (read = socket.getInputStream().read(chunk)) > 0; ) {
                answer.append(new String(chunk, 0, read, StandardCharsets.US_ASCII));
            }
            return answer.toString();
        }
    }

    /** The log would have an operator look for a fault where there is none. */
    @Test
    void whoGoesAwayInTheMiddleOfABodyIsNoSignOfADatabaseThatIsAway() throws IOException {
        for (int i = 0; i < 20; i++) {
            try (Socket socket = new Socket("localhost", instance.port())) {
                socket.setSoTimeout((int) PATIENCE.toMillis());
                socket.getOutputStream().write(("POST /api/conversations/" + conversation + "/messages HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                        + "Content-Length: 100\r\n\r\n{\"content\":").getBytes(StandardCharsets.US_ASCII));
                socket.shutdownOutput();
                socket.getInputStream().readAllBytes();
            }
        }
        assertGoesOn();
        assertFalse(instance.log().contains("cannot be reached"), instance::log);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/ws/feed", "/ws/conversations/018f0000-0000-7000-8000-000000000000", "/realtime/v1/websocket?vsn=1.0.0&apikey=sb_publishable_parley",
            "/socket/websocket?vsn=2.0.0&apikey=sb_publishable_parley"})
    void aSocketByHttp2IsRefused(String path) throws Exception {
        HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_2).build();
        HttpRequest.Builder request = HttpRequest.newBuilder(instance.http(path)).timeout(PATIENCE);
        client.send(HttpRequest.newBuilder(instance.http("/api/ping")).build(), HttpResponse.BodyHandlers.discarding());
        HttpResponse<String> answer = client.send(request.header("Sec-WebSocket-Version", "13").header("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA==").build(),
                HttpResponse.BodyHandlers.ofString());
        assertEquals("HTTP_2 400", answer.version() + " " + answer.statusCode());
        assertTrue(answer.body().contains("PARLEY-INVALID-REQUEST"), answer::body);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/realtime/v1/websocket", "/socket/websocket/"})
    void noVersionThatIsNotSpokenComesPastTheDoor(String path) throws IOException {
        for (String upgrade : List.of("Upgrade: websocket\r\n", "Upgrade: x\r\nUpgrade: websocket\r\n")) {
            String answer = raw("GET " + path + "?vsn=9&apikey=" + Instance.PUBLISHABLE_KEY + " HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n" + upgrade
                    + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n");
            assertTrue(answer.startsWith("HTTP/1.1 403"), answer);
        }
        assertFalse(instance.log().contains("ERROR"), instance::log);
    }

    /** The second frame begins in the middle of a character, and one of the characters is the one that stands for what is none. */
    @Test
    void aMessageThatComesInFragmentsIsReadAsOneThatComesWhole() throws IOException {
        UUID id = UUID.randomUUID();
        byte[] frame = Json.object(Map.of("type", "send", "id", id, "content", "\uFFFD\uD83D\uDE00 genuine")).toString().getBytes(StandardCharsets.UTF_8);
        int cut = new String(frame, StandardCharsets.ISO_8859_1).indexOf("\u00F0\u009F") + 2;
        stream.socket().write(false, RawWebSocket.TEXT, Arrays.copyOf(frame, cut));
        stream.socket().write(RawWebSocket.PING, new byte[0]);
        stream.socket().write(false, RawWebSocket.CONTINUATION, Arrays.copyOfRange(frame, cut, cut + 1));
        stream.socket().write(true, RawWebSocket.CONTINUATION, Arrays.copyOfRange(frame, cut + 1, frame.length));
        assertEquals("ack", awaitAnswer(stream, id).get("type").asText());
        assertEquals("\uFFFD\uD83D\uDE00 genuine", Sql.on(database).value("select content from messages where id = ?", String.class, id));
        assertGoesOn();
    }

    @Test
    void invalidUtf8InFragmentsIsAnsweredAndTheStreamGoesOn() throws IOException {
        byte[] frame = "{\"type\":\"send\",\"content\":\"?\"}".getBytes(StandardCharsets.UTF_8);
        frame[frame.length - 3] = (byte) 0xC3; // the first half of a character
        stream.socket().write(false, RawWebSocket.TEXT, Arrays.copyOf(frame, frame.length - 2));
        stream.socket().write(true, RawWebSocket.CONTINUATION, Arrays.copyOfRange(frame, frame.length - 2, frame.length));
        awaitError(stream, List.of("PARLEY-INVALID-UTF8"));
        assertGoesOn();
    }

    @Test
    void aThousandBadFramesInARowAreSurvived() throws IOException {
        for (int i = 0; i < 1_000; i++) {
            stream.send("bad " + i);
        }
        assertGoesOn();
    }

    @Test
    void aSendToAnUnknownConversationIsAnsweredAndTheGlobalStreamGoesOn() throws IOException {
        UUID id = UUID.randomUUID();
        global.send(Json.object(Map.of("type", "send", "id", id, "conversation_id", UUID.randomUUID(), "content", "x")));
        assertEquals("PARLEY-UNKNOWN-CONVERSATION", awaitAnswer(global, id).get("code").asText());
        assertGoesOn();
    }

    @Test
    void aSendWithoutItsConversationIsAnsweredAndTheGlobalStreamGoesOn() throws IOException {
        global.send(Json.object(Map.of("type", "send", "id", UUID.randomUUID(), "content", "x")));
        awaitError(global, List.of("PARLEY-INVALID-FRAME", "PARLEY-INVALID-MESSAGE"));
        assertGoesOn();
    }

    @Test
    void aStreamOfAnUnknownConversationSaysSoAndClosesForGood() throws IOException {
        try (StreamClient unknown = StreamClient.conversation(UUID.randomUUID()).connect(instance)) {
            awaitError(unknown, List.of("PARLEY-UNKNOWN-CONVERSATION"));
            Await.until(() -> !unknown.closes().isEmpty(), PATIENCE, "closed");
            assertEquals(4104, unknown.closes().get(0).code());
        }
    }

    @Test
    void aClosedConversationRefusesCustomersAndTheStreamGoesOn() throws IOException {
        Api.of(instance).setStatus(conversation, "closed");
        UUID id = UUID.randomUUID();
        stream.sendMessage(id, "too late");
        assertEquals("PARLEY-CONVERSATION-CLOSED", awaitAnswer(stream, id).get("code").asText());
        UUID byAdmin = UUID.randomUUID();
        stream.send(Json.object(Map.of("type", "send", "id", byAdmin, "content", "x", "sender_id", "boss", "sender_role", "admin")));
        assertEquals("ack", awaitAnswer(stream, byAdmin).get("type").asText());
        Api.of(instance).setStatus(conversation, "open");
        assertGoesOn();
    }

    @Test
    void aRetriedSendIsADuplicateAndDeliveredOnce() throws IOException {
        UUID id = UUID.randomUUID();
        stream.sendMessage(id, "once");
        JsonNode first = awaitAnswer(stream, id);
        assertFalse(first.get("duplicate").asBoolean());
        stream.sendMessage(id, "once");
        Await.until(() -> stream.answer(id) != first, PATIENCE, "a second answer");
        assertTrue(stream.answer(id).get("duplicate").asBoolean());
        assertEquals(first.get("seq"), stream.answer(id).get("seq"));
        assertGoesOn();
        assertEquals(2, stream.deliveries().count());
    }

    @Test
    void anIdThatIsTakenElsewhereIsAConflictThatRevealsNothing() throws IOException {
        UUID id = UUID.fromString(Api.of(instance).sendNew(Conversations.insert(database, "elsewhere"), "a secret").get("id").asText());
        stream.sendMessage(id, "x");
        JsonNode answer = awaitAnswer(stream, id);
        assertEquals("PARLEY-ID-CONFLICT", answer.get("code").asText());
        assertFalse(answer.toString().contains("secret"), answer::toString);
        assertGoesOn();
    }

    @ParameterizedTest
    @ValueSource(strings = {"-1", "x", "1.5", "9223372036854775808", "0x10", "1e3", "%20", "+1", "-9223372036854775808"})
    void anAfterThatIsNonsenseIsRefusedAtTheUpgrade(String after) {
        assertRefused("/ws/conversations/" + conversation + "?after=" + after);
    }

    @ParameterizedTest
    @ValueSource(strings = {"nonsense", "%00", "-1", "0", "' or true", "AAAA", "___", "====", "LONG", "NEGATIVE"})
    void aPositionThatIsNonsenseIsRefusedAtTheUpgrade(String position) {
        String given = switch (position) {
            case "LONG" -> "A".repeat(3_500);
            case "NEGATIVE" -> Base64.getUrlEncoder().withoutPadding().encodeToString("1:1:-5:-5:".getBytes(StandardCharsets.US_ASCII));
            default -> position.replace("' ", "%27%20").replace(" ", "%20");
        };
        assertRefused("/ws/feed?after=" + given);
        assertRefused("/ws/conversations/" + conversation + "?after=0&position=" + given);
    }

    @Test
    void aConversationIdThatIsNoUuidIsRefusedOrClosed() {
        assertThrows(RawWebSocket.Refused.class, () -> RawWebSocket.open(instance.port(), "/ws/conversations/nonsense").close());
    }

    @Test
    void aMutilatedPositionIsRefusedOrSaysResyncAndNeverGoesOnSilently() throws IOException {
        assertGoesOn();
        String position = global.position();
        for (int i = 0; i < position.length(); i++) {
            String mutilated = position.substring(0, i) + (position.charAt(i) == 'A' ? 'B' : 'A') + position.substring(i + 1);
            try (StreamClient client = StreamClient.global().at(mutilated).connect(instance)) {
                client.awaitFrame("live or resync", frame -> List.of("live", "resync").contains(frame.path("type").asText()));
            } catch (RawWebSocket.Refused refused) {
                assertEquals(400, refused.status(), mutilated);
            }
        }
        for (int i = 0; i < position.length(); i++) {
            try (StreamClient client = StreamClient.global().at(position.substring(0, i)).connect(instance)) {
                client.awaitFrame("live or resync", frame -> List.of("live", "resync").contains(frame.path("type").asText()));
            } catch (RawWebSocket.Refused refused) {
                assertEquals(400, refused.status(), position.substring(0, i));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {2, 1_000})
    void anAfterBeyondTheLastSeqSaysResyncAndGoesOn(long after) throws IOException {
        Api.of(instance).sendNew(conversation, "the only one");
        try (StreamClient ahead = StreamClient.conversation(conversation).after(after).connect(instance)) {
            ahead.awaitResync();
            ahead.awaitLive();
            Api.of(instance).sendNew(conversation, "another");
            Await.until(() -> ahead.deliveries().count() == 1, PATIENCE, "the next message");
        }
    }

    private void assertRefused(String path) {
        RawWebSocket.Refused refused = assertThrows(RawWebSocket.Refused.class, () -> RawWebSocket.open(instance.port(), path).close(), path);
        assertEquals(400, refused.status(), () -> path + " " + refused.getMessage());
    }

    private void assertAnswered(String text, String... codes) throws IOException {
        stream.send(text);
        awaitError(stream, List.of(codes));
        global.send(text);
        awaitError(global, List.of(codes));
        assertGoesOn();
    }

    private static void awaitError(StreamClient client, List<String> codes) {
        JsonNode error = client.awaitFrame("an error of " + codes, frame -> frame.path("type").asText().equals("error"));
        assertTrue(codes.contains(error.get("code").asText()), error::toString);
        assertFalse(error.get("message").asText().isBlank(), error::toString);
    }

    private JsonNode awaitAnswer(StreamClient client, UUID id) {
        Await.until(() -> client.answer(id) != null, PATIENCE, () -> "an answer for " + id + "; got " + client.frames() + " closed " + client.closes());
        return client.answer(id);
    }

    /** Both streams still deliver and still take a message. */
    private void assertGoesOn() throws IOException {
        long single = stream.deliveries().count();
        long all = global.deliveries().count();
        UUID id = UUID.randomUUID();
        stream.sendMessage(id, "and on it goes");
        assertEquals("ack", awaitAnswer(stream, id).get("type").asText());
        Await.until(() -> stream.deliveries().count() > single && global.deliveries().count() > all, PATIENCE, "the next message on both streams");
        assertEquals(List.of(), stream.closes());
        assertEquals(List.of(), global.closes());
        stream.deliveries().assertNoViolation();
    }
}
