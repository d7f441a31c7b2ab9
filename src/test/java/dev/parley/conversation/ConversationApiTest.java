package dev.parley.conversation;

import static dev.parley.conversation.Api.CONVERSATIONS;
import static dev.parley.conversation.Api.conversation;
import static dev.parley.conversation.Api.newConversation;
import static dev.parley.conversation.Api.patch;
import static dev.parley.conversation.Api.post;
import static dev.parley.conversation.Api.refused;
import static dev.parley.conversation.Api.send;
import static io.restassured.RestAssured.get;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.allOf;
import static org.hamcrest.Matchers.anyOf;
import static org.hamcrest.Matchers.containsInAnyOrder;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.endsWith;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.matchesPattern;
import static org.hamcrest.Matchers.nullValue;

import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
@ExtendWith(SchemaInPlace.class)
class ConversationApiTest {

    private static final String TIME = "20\\d\\d-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d{0,5}[1-9])?\\+00:00";

    @Test
    void aCreatedConversationIsAnsweredInFullAndFoundAtItsLocation() {
        Response created = post(CONVERSATIONS, "{\"subject\":\"Order 4711\",\"customer_id\":\"ada\",\"metadata\":{\"a\":[1,true,null]},\"unknown\":1}");
        created.then().statusCode(201).contentType("application/json")
                .body("subject", equalTo("Order 4711")).body("customer_id", equalTo("ada")).body("status", equalTo("open"))
                .body("metadata.a", equalTo(java.util.Arrays.asList(1, true, null)))
                .body("created_at", matchesPattern(TIME)).body("updated_at", matchesPattern(TIME))
                .body("last_seq", equalTo(0)).body("last_message_at", nullValue()).body("last_message", nullValue())
                .header("Location", endsWith(CONVERSATIONS + "/" + created.path("id")));
        assertThat(created.jsonPath().<String, Object>getMap("").keySet(), containsInAnyOrder("id", "subject", "customer_id", "status", "created_at", "updated_at",
                "metadata", "last_seq", "last_message_at", "last_message"));
        assertThat(get(created.header("Location")).asString(), equalTo(created.asString()));
        assertThat(UUID.fromString(created.path("id")).version(), equalTo(7));
    }

    @Test
    void anEmptyObjectIsEnough() {
        post(CONVERSATIONS, "{}").then().statusCode(201).body("subject", nullValue()).body("customer_id", nullValue())
                .body("metadata", equalTo(java.util.Map.of()));
    }

    @Test
    void aRetriedCreationYieldsTheRowThatIsThere() {
        UUID id = UUID.randomUUID();
        String body = "{\"id\":\"" + id + "\",\"customer_id\":\"ada\",\"subject\":\"%s\"}";
        String first = post(CONVERSATIONS, body.formatted("one")).then().statusCode(201).extract().asString();
        String second = post(CONVERSATIONS, body.formatted("two")).then().statusCode(200).extract().asString();
        assertThat(second, equalTo(first));
    }

    @Test
    void creationsOfOneIdAtTheSameTimeYieldOneRow() {
        UUID id = UUID.randomUUID();
        List<CompletableFuture<Response>> calls = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            calls.add(CompletableFuture.supplyAsync(() -> post(CONVERSATIONS, "{\"id\":\"" + id + "\",\"customer_id\":\"ada\"}")));
        }
        List<Response> answers = calls.stream().map(CompletableFuture::join).toList();
        assertThat(answers.stream().map(Response::statusCode).sorted().toList(), equalTo(List.of(200, 200, 200, 200, 200, 200, 200, 201)));
        assertThat(answers.stream().map(Response::asString).distinct().toList(), equalTo(List.of(answers.get(0).asString())));
    }

    @Test
    void anIdOfAnotherCustomersConversationIsAConflictThatTellsNothing() {
        UUID id = UUID.randomUUID();
        post(CONVERSATIONS, "{\"id\":\"" + id + "\",\"customer_id\":\"ada\",\"subject\":\"secret\"}").then().statusCode(201);
        for (String other : List.of("{\"id\":\"" + id + "\",\"customer_id\":\"eve\"}", "{\"id\":\"" + id + "\"}")) {
            String answer = refused(post(CONVERSATIONS, other), ErrorCode.ID_CONFLICT).extract().asString();
            assertThat(answer, not(anyOf(containsString("ada"), containsString("secret"))));
        }
    }

    @Test
    void theLastMessageStandsInTheConversation() {
        UUID id = newConversation();
        send(id, "one");
        String message = send(id, "two").asString();
        String read = get(conversation(id)).then().statusCode(200).body("last_seq", equalTo(2))
                .body("last_message.content", equalTo("two")).extract().asString();
        assertThat(read, containsString("\"last_message\":" + message));
        assertThat(get(conversation(id)).<String>path("last_message_at"), equalTo(get(conversation(id)).path("last_message.created_at")));
    }

    @Test
    void closingAndReopeningMayBeRepeated() {
        UUID id = newConversation();
        String first = patch(conversation(id), "{\"status\":\"closed\"}").then().statusCode(200).body("status", equalTo("closed")).extract().asString();
        String again = patch(conversation(id), "{\"status\":\"closed\"}").then().statusCode(200).extract().asString();
        assertThat(again, equalTo(first));
        patch(conversation(id), "{\"status\":\"open\"}").then().statusCode(200).body("status", equalTo("open"));
        patch(conversation(id), "{\"status\":\"open\"}").then().statusCode(200).body("status", equalTo("open"));
    }

    @Test
    void aPatchChangesWhatItNamesAndTouchesTheRow() {
        Response before = post(CONVERSATIONS, "{\"subject\":\"a\",\"customer_id\":\"ada\",\"metadata\":{\"k\":1}}");
        UUID id = UUID.fromString(before.path("id"));
        patch(conversation(id), "{\"subject\":\"b\"}").then().statusCode(200).body("subject", equalTo("b")).body("metadata.k", equalTo(1))
                .body("status", equalTo("open")).body("customer_id", equalTo("ada")).body("created_at", equalTo(before.path("created_at")))
                .body("updated_at", not(equalTo(before.path("updated_at"))));
        patch(conversation(id), "{\"metadata\":{\"j\":2},\"customer_id\":\"eve\"}").then().statusCode(200)
                .body("metadata", equalTo(java.util.Map.of("j", 2))).body("customer_id", equalTo("ada")).body("subject", equalTo("b"));
        patch(conversation(id), "{\"subject\":null}").then().statusCode(200).body("subject", nullValue());
        String last = get(conversation(id)).asString();
        assertThat(patch(conversation(id), "{}").then().statusCode(200).extract().asString(), equalTo(last));
    }

    @Test
    void patchesOfDifferentFieldsAtTheSameTimeBothStand() {
        for (int round = 0; round < 10; round++) {
            UUID id = newConversation();
            var subject = CompletableFuture.supplyAsync(() -> patch(conversation(id), "{\"subject\":\"s\"}"));
            var status = CompletableFuture.supplyAsync(() -> patch(conversation(id), "{\"status\":\"closed\"}"));
            subject.join().then().statusCode(200);
            status.join().then().statusCode(200);
            get(conversation(id)).then().body("subject", equalTo("s")).body("status", equalTo("closed"));
        }
    }

    @Test
    void metadataComesBackExactly() {
        String metadata = "{\"n\": 0.10, \"big\": 123456789012345678901234567890.123456789, \"e\": 1200}";
        UUID id = UUID.fromString(post(CONVERSATIONS, "{\"metadata\":" + metadata.replace("1200", "1.2e3") + "}").then().statusCode(201)
                .extract().path("id"));
        assertThat(get(conversation(id)).asString(), allOf(containsString("0.10"), containsString("123456789012345678901234567890.123456789"), containsString(": 1200")));
        patch(conversation(id), "{\"metadata\":{\"m\":2.50}}");
        assertThat(get(conversation(id)).asString(), containsString("{\"m\": 2.50}"));
    }

    @Test
    void anUnknownConversationIsNotFound() {
        refused(get(conversation(UUID.randomUUID())), ErrorCode.UNKNOWN_CONVERSATION);
        refused(patch(conversation(UUID.randomUUID()), "{\"status\":\"open\"}"), ErrorCode.UNKNOWN_CONVERSATION);
    }

    @ParameterizedTest
    @ValueSource(strings = {"1", "1-1-1-1-1", "0192f5a0-1111-7aaa-8bbb-0123456789a", "0192f5a0-1111-7aaa-8bbb-0123456789abc", "0192f5a0_1111_7aaa_8bbb_0123456789ab", "x192f5a0-1111-7aaa-8bbb-0123456789ab"})
    void anIdThatIsNoUuidIsRefused(String id) {
        refused(get(CONVERSATIONS + "/" + id), ErrorCode.INVALID_REQUEST);
        refused(patch(CONVERSATIONS + "/" + id, "{}"), ErrorCode.INVALID_REQUEST);
        refused(post(CONVERSATIONS, "{\"id\":\"" + id + "\"}"), ErrorCode.INVALID_REQUEST);
    }

    @ParameterizedTest
    @ValueSource(strings = {
            "{\"subject\":1}", "{\"subject\":[]}", "{\"customer_id\":true}", "{\"customer_id\":\"\"}", "{\"id\":7}",
            "{\"metadata\":[]}", "{\"metadata\":\"x\"}", "{\"metadata\":{\"a\":\"\\u0000\"}}", "{\"metadata\":{\"\\u0000\":1}}",
            "{\"metadata\":{\"a\":\"\\ud800\"}}", "{\"metadata\":{\"a\":1e2000}}", "{\"metadata\":{\"a\":1e-2000}}",
            "{\"subject\":\"a\\u0000b\"}", "{\"subject\":\"\\udc00\"}", "{\"customer_id\":\"\\ud83d\"}"})
    void aFieldOfTheWrongKindIsRefused(String body) {
        refused(post(CONVERSATIONS, body), ErrorCode.INVALID_REQUEST);
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"status\":\"paused\"}", "{\"status\":null}", "{\"status\":1}", "{\"metadata\":null}", "{\"subject\":{}}"})
    void aChangeThatDoesNotFitIsRefusedAndChangesNothing(String body) {
        UUID id = newConversation();
        String before = get(conversation(id)).asString();
        refused(patch(conversation(id), body), ErrorCode.INVALID_REQUEST);
        assertThat(get(conversation(id)).asString(), equalTo(before));
    }

    @Test
    void namesAreCountedInCharacters() {
        String emoji = "\uD83D\uDE00";
        post(CONVERSATIONS, "{\"subject\":" + Api.quoted(emoji.repeat(200)) + "}").then().statusCode(201).body("subject", equalTo(emoji.repeat(200)));
        refused(post(CONVERSATIONS, "{\"subject\":" + Api.quoted(emoji.repeat(201)) + "}"), ErrorCode.INVALID_REQUEST);
        post(CONVERSATIONS, "{\"customer_id\":" + Api.quoted("ä".repeat(200)) + "}").then().statusCode(201);
        refused(post(CONVERSATIONS, "{\"customer_id\":" + Api.quoted("ä".repeat(201)) + "}"), ErrorCode.INVALID_REQUEST);
    }

    @Test
    void metadataHasABound() {
        post(CONVERSATIONS, "{\"metadata\":{\"a\":\"" + "x".repeat(8192 - 8) + "\"}}").then().statusCode(201);
        refused(post(CONVERSATIONS, "{\"metadata\":{\"a\":\"" + "x".repeat(8192 - 7) + "\"}}"), ErrorCode.INVALID_REQUEST);
        refused(post(CONVERSATIONS, "{\"metadata\":{\"a\":[1e900" + ",1e900".repeat(10) + "]}}"), ErrorCode.INVALID_REQUEST);
    }
}
