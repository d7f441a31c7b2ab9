package dev.parley.conversation;

import static dev.parley.conversation.Api.messages;
import static dev.parley.conversation.Api.newConversation;
import static dev.parley.conversation.Api.refused;
import static dev.parley.conversation.Api.send;
import static io.restassured.RestAssured.get;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.nullValue;

import io.quarkus.test.junit.QuarkusTest;
import io.restassured.path.json.JsonPath;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
@ExtendWith(SchemaInPlace.class)
class MessagePageTest {

    @Test
    void aConversationWithoutMessagesHasAnEmptyPage() {
        UUID conversation = newConversation();
        for (String query : List.of("", "?after=0", "?before=9", "?before=0", "?after=9223372036854775807")) {
            get(messages(conversation) + query).then().statusCode(200).contentType("application/json")
                    .body("items.size()", equalTo(0)).body("next", nullValue());
        }
    }

    @Test
    void withoutAPositionTheNewestPageComesInRisingOrder() {
        UUID conversation = filled(120);
        JsonPath page = page(conversation, "");
        assertThat(seqs(page), equalTo(range(71, 120)));
        assertThat(page.getString("next"), equalTo("71"));
    }

    @Test
    void aWalkForwardsSeesEachMessageOnceInOrder() {
        UUID conversation = filled(25);
        List<Integer> seen = new ArrayList<>();
        String next = "0";
        while (next != null) {
            JsonPath page = page(conversation, "?limit=10&after=" + next);
            seen.addAll(seqs(page));
            next = page.getString("next");
        }
        assertThat(seen, equalTo(range(1, 25)));
    }

    @Test
    void aWalkBackwardsSeesEachMessageOnce() {
        UUID conversation = filled(25);
        List<Integer> seen = new ArrayList<>();
        JsonPath page = page(conversation, "?limit=10");
        seen.addAll(0, seqs(page));
        while (page.getString("next") != null) {
            page = page(conversation, "?limit=10&before=" + page.getString("next"));
            seen.addAll(0, seqs(page));
        }
        assertThat(seen, equalTo(range(1, 25)));
    }

    @Test
    void thePageThatHoldsExactlyTheRestIsTheLastOne() {
        UUID conversation = filled(20);
        assertThat(page(conversation, "?limit=10&after=10").getString("next"), nullValue());
        assertThat(page(conversation, "?limit=10&before=11").getString("next"), nullValue());
        assertThat(page(conversation, "?limit=10&after=9").getString("next"), equalTo("19"));
        assertThat(page(conversation, "?limit=10&before=12").getString("next"), equalTo("2"));
    }

    @Test
    void walksDuringInsertsMissAndRepeatNothing() {
        UUID conversation = filled(30);
        CompletableFuture<Void> writer = CompletableFuture.runAsync(() -> IntStream.range(0, 60).forEach(i ->
                send(conversation, "late " + i).then().statusCode(201)));
        List<Integer> backwards = new ArrayList<>();
        JsonPath page = page(conversation, "?limit=3");
        backwards.addAll(0, seqs(page));
        while (page.getString("next") != null) {
            page = page(conversation, "?limit=3&before=" + page.getString("next"));
            backwards.addAll(0, seqs(page));
        }
        assertThat(backwards, equalTo(range(1, backwards.get(backwards.size() - 1))));

        List<Integer> forwards = new ArrayList<>();
        int after = 0;
        while (forwards.size() < 90) {
            List<Integer> seqs = seqs(page(conversation, "?limit=7&after=" + after));
            forwards.addAll(seqs);
            after = seqs.isEmpty() ? after : seqs.get(seqs.size() - 1);
        }
        writer.join();
        assertThat(forwards, equalTo(range(1, 90)));
    }

    @Test
    void theLimitMayBeOneToTwoHundred() {
        UUID conversation = filled(3);
        assertThat(seqs(page(conversation, "?limit=1")), equalTo(range(3, 3)));
        assertThat(seqs(page(conversation, "?limit=200")), equalTo(range(1, 3)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"limit=0", "limit=201", "limit=-1", "limit=x", "limit=1.5", "limit=99999999999999999999",
            "after=-1", "after=x", "after=9223372036854775808", "after=+1", "after=1e3", "after=0x1",
            "before=-1", "before=x", "after=1&before=2", "after=", "before=", "limit=5&before=", "after=&before=2"})
    void aParameterThatDoesNotFitIsRefused(String query) {
        refused(get(messages(newConversation()) + "?" + query), ErrorCode.INVALID_REQUEST);
    }

    @Test
    void anUnknownConversationIsNotAnEmptyOne() {
        refused(get(messages(UUID.randomUUID())), ErrorCode.UNKNOWN_CONVERSATION);
        refused(get(messages(UUID.randomUUID()) + "?after=5"), ErrorCode.UNKNOWN_CONVERSATION);
    }

    private static UUID filled(int count) {
        UUID conversation = newConversation();
        IntStream.rangeClosed(1, count).forEach(i -> send(conversation, "m" + i).then().statusCode(201));
        return conversation;
    }

    private static JsonPath page(UUID conversation, String query) {
        return get(messages(conversation) + query).then().statusCode(200).extract().jsonPath();
    }

    private static List<Integer> seqs(JsonPath page) {
        return page.getList("items.seq");
    }

    private static List<Integer> range(int from, int to) {
        return IntStream.rangeClosed(from, to).boxed().toList();
    }
}
