package dev.parley.conversation;

import static dev.parley.conversation.Api.CONVERSATIONS;
import static dev.parley.conversation.Api.conversation;
import static dev.parley.conversation.Api.messages;
import static dev.parley.conversation.Api.newConversation;
import static dev.parley.conversation.Api.post;
import static dev.parley.conversation.Api.refused;
import static io.restassured.RestAssured.get;
import static io.restassured.RestAssured.given;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.allOf;
import static org.hamcrest.Matchers.anyOf;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.greaterThanOrEqualTo;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.nullValue;
import static org.hamcrest.Matchers.startsWith;

import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpMethod;
import io.vertx.mutiny.sqlclient.Pool;
import jakarta.inject.Inject;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
@ExtendWith(SchemaInPlace.class)
class ProblemTest {

    private static final String COLLECTION = "GET, HEAD, OPTIONS, POST";
    private static final String SINGLE = "GET, HEAD, OPTIONS, PATCH";

    @ConfigProperty(name = "quarkus.http.test-port")
    int port;

    @Inject
    Pool pool;

    @ParameterizedTest
    @ValueSource(strings = {"{", "{\"content\":}", "nonsense", "[]", "1", "\"x\"", "null", "{} {}", "{}x", "{'content':'x'}", "{\"content\":\"a\nb\"}",
            "{\"a\":NaN}", "{\"a\":01}", "{content:1}", "{\"a\":1,}", "/**/{}", "{\"content\":\"\\x\"}"})
    void whatIsNotOneJsonObjectIsRefused(String body) {
        UUID conversation = newConversation();
        for (Response answer : List.of(post(messages(conversation), body), post(CONVERSATIONS, body), Api.patch(conversation(conversation), body))) {
            String text = refused(answer, ErrorCode.INVALID_JSON).extract().asString();
            assertThat("no innards in the answer", text, not(containsString("jackson")));
        }
    }

    @Test
    void anEmptyBodyIsRefused() {
        refused(given().contentType("application/json").post(CONVERSATIONS), ErrorCode.INVALID_JSON);
        refused(given().contentType("application/json").post(messages(newConversation())), ErrorCode.INVALID_JSON);
    }

    @Test
    void depthHasABound() {
        refused(post(CONVERSATIONS, "{\"metadata\":{\"a\":" + "[".repeat(100) + "]".repeat(100) + "}}"), ErrorCode.INVALID_JSON);
        refused(post(CONVERSATIONS, "{\"a\":" + "[".repeat(100_000)), ErrorCode.INVALID_JSON);
    }

    @Test
    void textThatIsNotUtf8IsRefused() {
        byte[][] bad = {{(byte) 0xff}, {(byte) 0xc3}, {(byte) 0xc0, (byte) 0x80}, {(byte) 0xed, (byte) 0xa0, (byte) 0x80}, {(byte) 0xf5, (byte) 0x80, (byte) 0x80, (byte) 0x80}};
        for (byte[] bytes : bad) {
            byte[] head = "{\"content\":\"".getBytes(StandardCharsets.US_ASCII);
            byte[] body = java.util.Arrays.copyOf(head, head.length + bytes.length + 2);
            System.arraycopy(bytes, 0, body, head.length, bytes.length);
            body[body.length - 2] = '"';
            body[body.length - 1] = '}';
            refused(given().contentType("application/json").body(body).post(messages(newConversation())), ErrorCode.INVALID_UTF8);
        }
        refused(given().contentType("application/json").body("{}".getBytes(StandardCharsets.UTF_16)).post(CONVERSATIONS), ErrorCode.INVALID_UTF8);
    }

    @ParameterizedTest
    @ValueSource(strings = {"text/plain", "application/xml", "application/octet-stream", "application/jsonp"})
    void anotherMediaTypeIsRefused(String type) {
        refused(given().contentType(type).body("{}".getBytes(StandardCharsets.UTF_8)).post(CONVERSATIONS), ErrorCode.UNSUPPORTED_MEDIA_TYPE);
    }

    @Test
    void anAnswerInAnotherMediaTypeIsNotToBeHad() {
        UUID there = newConversation();
        refused(given().accept("text/html").get(CONVERSATIONS), ErrorCode.NOT_ACCEPTABLE);
        refused(given().accept("text/html").contentType("application/json").body("{\"content\":\"x\"}").post(messages(there)), ErrorCode.NOT_ACCEPTABLE);
        get(messages(there)).then().body("items", empty());
    }

    @ParameterizedTest
    @ValueSource(strings = {"/api", "/api/", "/api/nonsense", "/api/conversations/x/y/z", "/api/conversationsx"})
    void anUnknownPathIsNotFound(String path) {
        refused(get(path), ErrorCode.NOT_FOUND);
    }

    @Test
    void anotherMethodIsNotAllowed() {
        refused(given().delete(CONVERSATIONS), ErrorCode.METHOD_NOT_ALLOWED).header("Allow", COLLECTION);
        refused(given().contentType("application/json").body("{}").patch(CONVERSATIONS), ErrorCode.METHOD_NOT_ALLOWED).header("Allow", COLLECTION);
        refused(given().contentType("application/json").body("{}").put(conversation(newConversation())), ErrorCode.METHOD_NOT_ALLOWED).header("Allow", SINGLE);
        refused(given().delete(messages(newConversation())), ErrorCode.METHOD_NOT_ALLOWED).header("Allow", COLLECTION);
        refused(given().delete(messages(newConversation()) + "/"), ErrorCode.METHOD_NOT_ALLOWED).header("Allow", COLLECTION);
    }

    @Test
    void whoAsksForTheMethodsOfAPathIsToldThoseItHas() {
        given().options(CONVERSATIONS).then().statusCode(200).header("Allow", COLLECTION);
        given().options(conversation(newConversation())).then().statusCode(200).header("Allow", SINGLE);
        given().options(messages(newConversation())).then().statusCode(200).header("Allow", COLLECTION);
        refused(given().options("/api/nonsense"), ErrorCode.NOT_FOUND).header("Allow", nullValue());
    }

    @Test
    void aBodyThatIsTooLargeIsRefused() {
        String large = "{\"content\":\"" + "x".repeat(300_000) + "\"}";
        refused(post(messages(newConversation()), large), ErrorCode.TOO_LARGE);
        refused(post(CONVERSATIONS, large), ErrorCode.TOO_LARGE);
        refused(Api.patch(conversation(newConversation()), large), ErrorCode.TOO_LARGE);
    }

    @Test
    void aChunkedBodyThatIsTooLargeIsRefused() throws IOException {
        for (int size : List.of(300_000, 3_000_000)) {
            assertThat(chunked(size), allOf(startsWith("HTTP/1.1 413"), containsString("application/problem+json"), containsString("PARLEY-TOO-LARGE")));
        }
    }

    @Test
    void aChunkedBodyIsReadAsAnyOther() throws IOException {
        assertThat(chunked(262_144), allOf(startsWith("HTTP/1.1 400"), containsString("PARLEY-INVALID-JSON")));
        String body = "{\"content\":\"" + "\\u0061".repeat(16_384) + "\"}";
        assertThat(raw("POST " + messages(newConversation()) + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                + "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n" + inChunks(body)), startsWith("HTTP/1.1 201"));
    }

    @Test
    void whoWaitsToBeToldToGoOnWithChunksIsTold() throws IOException {
        String head = "POST " + CONVERSATIONS + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                + "Transfer-Encoding: chunked\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n";
        assertThat(raw(head + inChunks("{}")), allOf(startsWith("HTTP/1.1 100"), containsString("HTTP/1.1 201")));
        assertThat(raw(head + inChunks(" ".repeat(3_000_000))), allOf(containsString("HTTP/1.1 413"), containsString("PARLEY-TOO-LARGE")));
    }

    @Test
    void aBodyOfNoDeclaredLengthIsReadByHttp2Too() throws Exception {
        HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_2).build();
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://localhost:" + port + CONVERSATIONS)).header("Content-Type", "application/json");
        client.send(request.GET().build(), BodyHandlers.discarding());
        HttpResponse<String> answer = client.send(request.POST(BodyPublishers.ofInputStream(() -> new ByteArrayInputStream("{}".getBytes(StandardCharsets.US_ASCII)))).build(),
                BodyHandlers.ofString());
        assertThat(answer.version() + " " + answer.statusCode(), equalTo("HTTP_2 201"));
    }

    @Test
    void aBodyThatIsTooLongLeavesTheOtherRequestsOfAnHttp2Connection() throws Exception {
        HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_2).build();
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://localhost:" + port + CONVERSATIONS)).header("Content-Type", "application/json");
        client.send(request.GET().build(), BodyHandlers.discarding());
        HttpResponse<String> answer = client.send(request.POST(BodyPublishers.ofString(" ".repeat(1_000_000))).build(), BodyHandlers.ofString());
        assertThat(answer.version() + " " + answer.statusCode(), equalTo("HTTP_2 413"));
        assertThat(answer.body(), containsString("PARLEY-TOO-LARGE"));
    }

    /** A broadcast is refused before it is read: the header that says so in HTTP/1, or closing the connection, would break off all of its requests. */
    @Test
    void aBroadcastThatIsRefusedLeavesTheOtherRequestsOfAnHttp2Connection() throws Exception {
        HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_2).build();
        HttpRequest.Builder broadcast = HttpRequest.newBuilder(URI.create("http://localhost:" + port + "/api/broadcast")).header("Content-Type", "application/json");
        HttpRequest.Builder conversations = HttpRequest.newBuilder(URI.create("http://localhost:" + port + CONVERSATIONS)).header("Content-Type", "application/json");
        client.send(conversations.GET().build(), BodyHandlers.discarding());
        for (int i = 0; i < 5; i++) {
            CompletableFuture<HttpResponse<String>> other = client.sendAsync(conversations.POST(BodyPublishers.ofString("{\"subject\":\"x\"}" + " ".repeat(100_000))).build(),
                    BodyHandlers.ofString());
            HttpResponse<String> answer = client.send(broadcast.POST(BodyPublishers.ofString(" ".repeat(100_000))).build(), BodyHandlers.ofString());
            assertThat(answer.version() + " " + answer.statusCode() + answer.body(), equalTo("HTTP_2 401{\"message\":\"Unauthorized\"}"));
            assertThat(other.get(20, TimeUnit.SECONDS).statusCode(), equalTo(201));
        }
    }

    /** Who does not reset what is refused sends it to its end, and needs room for that which all requests of the connection share. */
    @Test
    void whatIsRefusedUnreadTakesNoRoomFromTheOtherRequestsOfAnHttp2Connection() throws Exception {
        Vertx vertx = Vertx.vertx();
        try {
            io.vertx.core.http.HttpClient client = vertx.createHttpClient(new HttpClientOptions()
                    .setProtocolVersion(io.vertx.core.http.HttpVersion.HTTP_2).setHttp2ClearTextUpgrade(false).setHttp2MaxPoolSize(1));
            for (String path : List.of("/api/broadcast", CONVERSATIONS + "//x")) {
                HttpClientRequest refused = postOver(client, path);
                Future<Void> sent = refused.end(Buffer.buffer(" ".repeat(1_000_000)));
                assertThat(refused.response().toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS).statusCode(), greaterThanOrEqualTo(400));
                sent.toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
            }
            HttpClientRequest good = postOver(client, CONVERSATIONS);
            good.end(Buffer.buffer("{\"subject\":\"x\"}" + " ".repeat(100_000)));
            assertThat(good.response().toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS).statusCode(), equalTo(201));
        } finally {
            vertx.close();
        }
    }

    private HttpClientRequest postOver(io.vertx.core.http.HttpClient client, String path) throws Exception {
        return client.request(HttpMethod.POST, port, "localhost", path).toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS)
                .putHeader("Content-Type", "application/json");
    }

    private static String inChunks(String body) {
        StringBuilder chunks = new StringBuilder();
        for (int i = 0; i < body.length(); i += 1_000) {
            String chunk = body.substring(i, Math.min(i + 1_000, body.length()));
            chunks.append(Integer.toHexString(chunk.length())).append("\r\n").append(chunk).append("\r\n");
        }
        return chunks.append("0\r\n\r\n").toString();
    }

    private String chunked(int size) throws IOException {
        return raw("POST " + CONVERSATIONS + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                + "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n" + Integer.toHexString(size) + "\r\n" + " ".repeat(size) + "\r\n0\r\n\r\n");
    }

    /** Such a request a page of any origin may send without a preflight. */
    @Test
    void aBodyOfNoTypeIsRefused() throws IOException {
        for (String path : List.of(CONVERSATIONS, messages(newConversation()))) {
            assertThat(raw("POST " + path + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 15\r\nConnection: close\r\n\r\n{\"content\":\"x\"}"),
                    allOf(startsWith("HTTP/1.1 415"), containsString("PARLEY-UNSUPPORTED-MEDIA-TYPE")));
            assertThat(raw("POST " + path + " HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n" + inChunks("{\"content\":\"x\"}")),
                    startsWith("HTTP/1.1 415"));
        }
    }

    @Test
    void anotherNameOfAPathLeadsNowhere() throws IOException {
        for (String name : List.of("//api", "/%61pi", "/api;a=b", "/;a=b/api", "/x/../api", "/./api")) {
            assertThat(name, raw("POST " + name + "/conversations HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 2\r\n"
                    + "Connection: close\r\n\r\n{}"),
                    allOf(startsWith("HTTP/1.1 404"), containsString("PARLEY-NOT-FOUND")));
        }
    }

    @Test
    void aRequestWithoutAHostIsRefused() throws IOException {
        for (String host : List.of("", "Host: a b\r\n")) {
            for (String path : List.of(CONVERSATIONS, "/admin", "/ws/feed")) {
                assertThat(path, raw("GET " + path + " HTTP/1.1\r\n" + host + "Connection: close\r\n\r\n"),
                        allOf(startsWith("HTTP/1.1 400"), containsString("PARLEY-INVALID-REQUEST")));
            }
        }
    }

    @Test
    void aPathThatCannotBeDecodedIsRefused() throws IOException {
        assertThat(raw("GET /api/conversations/%zz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"), startsWith("HTTP/1.1 400"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"limit=", "status=", "cursor="})
    void anEmptyParameterCountsAsAbsent(String query) throws IOException {
        assertThat(raw("GET /api/conversations?" + query + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"), startsWith("HTTP/1.1 200"));
    }

    @Test
    void anErrorOfOursTellsNothingOfItsCause() {
        sql("alter table public.messages rename to messages_away");
        try {
            String answer = refused(get(CONVERSATIONS), ErrorCode.INTERNAL).extract().asString();
            assertThat(answer, not(anyOf(containsString("messages"), containsString("relation"), containsString("Exception"))));
        } finally {
            sql("alter table public.messages_away rename to messages");
        }
        get(CONVERSATIONS).then().statusCode(200);
    }

    private void sql(String statement) {
        pool.query(statement).execute().await().indefinitely();
    }

    @Test
    void theLargestMessageFitsHoweverItIsEscaped() {
        String body = "{\"content\":\"" + "\\ud83d\\ude00".repeat(16_384) + "\",\"metadata\":{\"a\":\"" + "\\u0061".repeat(8_000) + "\"}}";
        post(messages(newConversation()), body).then().statusCode(201);
    }

    /** What a client library would not send. */
    private String raw(String request) throws IOException {
        try (Socket socket = new Socket("localhost", port); InputStream in = socket.getInputStream()) {
            socket.setSoTimeout(10_000);
            Thread writer = new Thread(() -> {
                try {
                    socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
                    socket.getOutputStream().flush();
                } catch (IOException e) {
                    // the server may close before it has read all: its answer counts
                }
            });
            writer.start();
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
