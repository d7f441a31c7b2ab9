package dev.parley.conversation;

import static dev.parley.conversation.Api.conversation;
import static dev.parley.conversation.Api.messages;
import static dev.parley.conversation.Api.newConversation;
import static dev.parley.conversation.Api.patch;
import static dev.parley.conversation.Api.post;
import static dev.parley.conversation.Api.quoted;
import static dev.parley.conversation.Api.refused;
import static dev.parley.conversation.Api.send;
import static io.restassured.RestAssured.get;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.anyOf;
import static org.hamcrest.Matchers.containsInAnyOrder;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.matchesPattern;

import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import io.restassured.response.Response;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
@ExtendWith(SchemaInPlace.class)
class MessageApiTest {

    private static final String EMOJI = "\uD83D\uDE00";

    @Test
    void aSentMessageIsAnsweredWithItsRow() {
        UUID conversation = newConversation();
        Response sent = post(messages(conversation), "{\"content\":\"Hello\",\"sender_id\":\"ada\",\"sender_role\":\"admin\",\"metadata\":{\"a\":1},\"seq\":99}");
        sent.then().statusCode(201).contentType("application/json")
                .body("conversation_id", equalTo(conversation.toString())).body("seq", equalTo(1)).body("content", equalTo("Hello"))
                .body("sender_id", equalTo("ada")).body("sender_role", equalTo("admin")).body("metadata", equalTo(Map.of("a", 1)))
                .body("created_at", matchesPattern("20\\d\\d-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d{0,5}[1-9])?\\+00:00"));
        assertThat(sent.jsonPath().<String, Object>getMap("").keySet(), containsInAnyOrder("id", "conversation_id", "seq", "sender_id", "sender_role", "content",
                "created_at", "metadata"));
        assertThat(UUID.fromString(sent.path("id")).version(), equalTo(7));
        assertThat(get(messages(conversation)).asString(), equalTo("{\"items\":[" + sent.asString() + "],\"next\":null}"));
    }

    /** The answer is made without asking the database again, so it must be made in the database's way. */
    @Test
    void theAnswerIsTheStoredRowToTheLetterWhateverTheTextHolds() {
        StringBuilder text = new StringBuilder("\u2028\u2029é" + EMOJI + "\uFFFD");
        for (char c = 1; c < 0xa1; c++) {
            text.append(c);
        }
        UUID conversation = newConversation();
        Response sent = post(messages(conversation), "{\"content\":" + quoted(text.toString()) + ",\"sender_id\":" + quoted("a\"\\b\u0001")
                + ",\"metadata\":{\"b\":[1, 2.50],\"a\":" + quoted(text.toString()) + "}}");
        sent.then().statusCode(201).body("content", equalTo(text.toString()));
        assertThat(get(messages(conversation)).asString(), equalTo("{\"items\":[" + sent.asString() + "],\"next\":null}"));
    }

    @Test
    void aSenderWhoSaysNothingIsAnonymous() {
        send(newConversation(), "x").then().statusCode(201).body("sender_id", equalTo("anonymous")).body("sender_role", equalTo("customer"))
                .body("metadata", equalTo(Map.of()));
    }

    @Test
    void theQueryMayNameTheSenderAndTheBodyOverrulesIt() {
        String path = messages(newConversation()) + "?sender_id=ada l&sender_role=admin";
        post(path, "{\"content\":\"x\"}").then().statusCode(201).body("sender_id", equalTo("ada l")).body("sender_role", equalTo("admin"));
        post(path, "{\"content\":\"x\",\"sender_id\":\"bob\"}").then().statusCode(201).body("sender_id", equalTo("bob"))
                .body("sender_role", equalTo("admin"));
    }

    @Test
    void aRetriedSendYieldsOneRow() {
        UUID conversation = newConversation();
        String body = "{\"id\":\"" + UUID.randomUUID() + "\",\"content\":\"once\"}";
        String first = post(messages(conversation), body).then().statusCode(201).extract().asString();
        String second = post(messages(conversation), body).then().statusCode(200).extract().asString();
        assertThat(second, equalTo(first));
        get(messages(conversation)).then().body("items.size()", equalTo(1));
        send(conversation, "next").then().body("seq", equalTo(2));
    }

    @Test
    void anIdThatIsUsedElsewhereIsAConflictThatTellsNothing() {
        UUID id = UUID.randomUUID();
        String body = "{\"id\":\"" + id + "\",\"content\":\"secret\",\"sender_id\":\"%s\"}";
        UUID conversation = newConversation();
        post(messages(conversation), body.formatted("ada")).then().statusCode(201);
        List<Response> others = List.of(post(messages(newConversation()), body.formatted("ada")), post(messages(conversation), body.formatted("eve")));
        for (Response other : others) {
            assertThat(refused(other, ErrorCode.ID_CONFLICT).extract().asString(),
                    not(anyOf(containsString("secret"), containsString("ada"), containsString(conversation.toString()))));
        }
    }

    @Test
    void aClosedConversationTakesMessagesFromAdminsAndTheSystemOnly() {
        UUID conversation = newConversation();
        patch(conversation(conversation), "{\"status\":\"closed\"}").then().statusCode(200);
        refused(send(conversation, "x"), ErrorCode.CONVERSATION_CLOSED);
        post(messages(conversation), "{\"content\":\"x\",\"sender_role\":\"admin\"}").then().statusCode(201).body("seq", equalTo(1));
        post(messages(conversation), "{\"content\":\"x\",\"sender_role\":\"system\"}").then().statusCode(201).body("seq", equalTo(2));
        patch(conversation(conversation), "{\"status\":\"open\"}").then().statusCode(200);
        send(conversation, "x").then().statusCode(201);
    }

    @Test
    void aMessageToAnUnknownConversationIsRefused() {
        refused(send(UUID.randomUUID(), "x"), ErrorCode.UNKNOWN_CONVERSATION);
    }

    @Test
    void contentIsCountedInCharacters() {
        UUID conversation = newConversation();
        send(conversation, EMOJI.repeat(16_384)).then().statusCode(201).body("content", equalTo(EMOJI.repeat(16_384)));
        refused(send(conversation, EMOJI.repeat(16_385)), ErrorCode.INVALID_MESSAGE);
        send(conversation, "x".repeat(16_384)).then().statusCode(201);
        refused(send(conversation, "x".repeat(16_385)), ErrorCode.INVALID_MESSAGE);
        refused(send(conversation, "x".repeat(32_769)), ErrorCode.INVALID_MESSAGE);
        refused(send(conversation, ""), ErrorCode.INVALID_MESSAGE);
    }

    @ParameterizedTest
    @ValueSource(strings = {"line\nbreak\ttab", "\"quoted\" \\ back", "مرحبا", "\u0001\u001f\u007f", "\uFFFF\uFFFE", "e\u0301", "<script>alert(1)</script>", "\u2028\u2029", " "})
    void anyTextComesBackAsItWasSent(String text) {
        send(newConversation(), text).then().statusCode(201).body("content", equalTo(text));
    }

    @Test
    void textInUtf8ComesBackAsItWasSent() {
        byte[] body = ("{\"content\":\"grüße " + EMOJI + "\"}").getBytes(java.nio.charset.StandardCharsets.UTF_8);
        io.restassured.RestAssured.given().contentType("application/json").body(body).post(messages(newConversation()))
                .then().statusCode(201).body("content", equalTo("grüße " + EMOJI));
    }

    @Test
    void textThatTheDatabaseCannotHoldIsRefused() {
        UUID conversation = newConversation();
        for (String bad : List.of("a\u0000b", "\uD83D", "\uDE00", "\uDE00\uD83D", "x\uD83Dx")) {
            refused(send(conversation, bad), ErrorCode.INVALID_MESSAGE);
            refused(post(messages(conversation), "{\"content\":\"x\",\"sender_id\":" + quoted(bad) + "}"), ErrorCode.INVALID_MESSAGE);
            refused(post(messages(conversation), "{\"content\":\"x\",\"metadata\":{\"k\":[{\"l\":" + quoted(bad) + "}]}}"), ErrorCode.INVALID_MESSAGE);
            refused(post(messages(conversation), "{\"content\":\"x\",\"metadata\":{" + quoted(bad) + ":1}}"), ErrorCode.INVALID_MESSAGE);
        }
        get(messages(conversation)).then().body("items.size()", equalTo(0));
    }

    @Test
    void numbersInMetadataComeBackExactly() {
        String[][] numbers = {{"0.10", "0.10"}, {"1e3", "1000"}, {"123456789012345678901234567890", "123456789012345678901234567890"},
                {"-0.000000000000000000001", "-0.000000000000000000001"}, {"1.5E-7", "0.00000015"}, {"9007199254740993", "9007199254740993"},
                {"1e400", "1" + "0".repeat(400)}};
        for (String[] number : numbers) {
            String row = post(messages(newConversation()), "{\"content\":\"x\",\"metadata\":{\"n\":" + number[0] + "}}").then().statusCode(201)
                    .extract().asString();
            assertThat(row, containsString("{\"n\": " + number[1] + "}"));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"1e1001", "1e-1001", "1e131072", "1e-99999", "1e2147483647"})
    void numbersThatWouldGrowWithoutBoundAreRefused(String number) {
        refused(post(messages(newConversation()), "{\"content\":\"x\",\"metadata\":{\"n\":" + number + "}}"), ErrorCode.INVALID_MESSAGE);
    }

    @Test
    void metadataHasABound() {
        UUID conversation = newConversation();
        post(messages(conversation), "{\"content\":\"x\",\"metadata\":{\"a\":\"" + "x".repeat(8192 - 8) + "\"}}").then().statusCode(201);
        refused(post(messages(conversation), "{\"content\":\"x\",\"metadata\":{\"a\":\"" + "x".repeat(8192 - 7) + "\"}}"), ErrorCode.INVALID_MESSAGE);
        refused(post(messages(conversation), "{\"content\":\"x\",\"metadata\":{\"a\":" + quoted("ä".repeat(4096)) + "}}"), ErrorCode.INVALID_MESSAGE);
        refused(post(messages(conversation), "{\"content\":\"x\",\"metadata\":{\"a\":[1e900" + ",1e900".repeat(10) + "]}}"), ErrorCode.INVALID_MESSAGE);
    }

    @ParameterizedTest
    @ValueSource(strings = {
            "{}", "{\"content\":null}", "{\"content\":1}", "{\"content\":true}", "{\"content\":[\"x\"]}", "{\"content\":{}}",
            "{\"content\":\"x\",\"id\":1}", "{\"content\":\"x\",\"sender_id\":1}", "{\"content\":\"x\",\"sender_role\":{}}",
            "{\"content\":\"x\",\"metadata\":[]}", "{\"content\":\"x\",\"metadata\":\"{}\"}", "{\"content\":\"x\",\"metadata\":7}"})
    void aFieldOfTheWrongTypeIsRefused(String body) {
        refused(post(messages(newConversation()), body), ErrorCode.INVALID_REQUEST);
    }

    @ParameterizedTest
    @ValueSource(strings = {
            "{\"content\":\"x\",\"id\":\"1-1-1-1-1\"}", "{\"content\":\"x\",\"id\":\"\"}", "{\"content\":\"x\",\"sender_id\":\"\"}",
            "{\"content\":\"x\",\"sender_role\":\"root\"}", "{\"content\":\"x\",\"sender_role\":\"\"}"})
    void aFieldOutOfBoundsIsRefused(String body) {
        refused(post(messages(newConversation()), body), ErrorCode.INVALID_MESSAGE);
    }

    @Test
    void senderIdsHaveABound() {
        UUID conversation = newConversation();
        post(messages(conversation), "{\"content\":\"x\",\"sender_id\":\"" + "s".repeat(200) + "\"}").then().statusCode(201);
        refused(post(messages(conversation), "{\"content\":\"x\",\"sender_id\":\"" + "s".repeat(201) + "\"}"), ErrorCode.INVALID_MESSAGE);
    }

    @Test
    void nullStandsForAbsent() {
        post(messages(newConversation()), "{\"content\":\"x\",\"id\":null,\"metadata\":null,\"sender_id\":null,\"sender_role\":null}")
                .then().statusCode(201).body("sender_id", equalTo("anonymous"));
    }

    /** The parser takes any exponent for a number and then fails over it. */
    @Test
    void aNumberWithAnAbsurdExponentIsNoJson() {
        UUID conversation = newConversation();
        refused(post(messages(conversation), "{\"content\":\"x\",\"metadata\":{\"a\":1e99999999999}}"), ErrorCode.INVALID_JSON);
        refused(post(messages(conversation), "{\"content\":\"x\",\"unknown\":-1e-99999999999}"), ErrorCode.INVALID_JSON);
    }

    @Test
    void whoeverWaitsToBeToldToGoOnIsTold() throws Exception {
        HttpRequest waiting = HttpRequest.newBuilder(URI.create(RestAssured.baseURI + ":" + RestAssured.port + messages(newConversation())))
                .header("Content-Type", "application/json").expectContinue(true).timeout(Duration.ofSeconds(20))
                .POST(HttpRequest.BodyPublishers.ofString("{\"content\":\"x\"}")).build();
        HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
        assertThat(client.send(waiting, HttpResponse.BodyHandlers.ofString()).statusCode(), equalTo(201));
    }

    @Test
    void anIdThatIsNoUuidIsRefused() {
        refused(post("/api/conversations/nonsense/messages", "{\"content\":\"x\"}"), ErrorCode.INVALID_REQUEST);
        refused(get("/api/conversations/nonsense/messages"), ErrorCode.INVALID_REQUEST);
    }
}
