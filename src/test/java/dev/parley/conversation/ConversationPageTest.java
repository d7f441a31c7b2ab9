package dev.parley.conversation;

import static dev.parley.conversation.Api.CONVERSATIONS;
import static dev.parley.conversation.Api.conversation;
import static dev.parley.conversation.Api.patch;
import static dev.parley.conversation.Api.post;
import static dev.parley.conversation.Api.refused;
import static dev.parley.conversation.Api.send;
import static io.restassured.RestAssured.get;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.nullValue;

import io.quarkus.test.junit.QuarkusTest;
import io.restassured.path.json.JsonPath;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.inject.Inject;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
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
class ConversationPageTest {

    @Inject
    Pool pool;

    /** Each test looks at its own customer, so that others' conversations do not matter. */
    private final String customer = "c" + UUID.randomUUID();

    @Test
    void theNewestActivityComesFirst() {
        UUID first = create();
        UUID second = create();
        UUID third = create();
        assertThat(walk(10), equalTo(List.of(third, second, first)));
        send(first, "up").then().statusCode(201);
        assertThat(walk(10), equalTo(List.of(first, third, second)));
        send(second, "up").then().statusCode(201);
        assertThat(walk(10), equalTo(List.of(second, first, third)));
        assertThat(walk(1), equalTo(List.of(second, first, third)));
    }

    @Test
    void anItemIsWhatReadingTheConversationAnswers() {
        UUID id = create();
        send(id, "last").then().statusCode(201);
        assertThat(get(list("")).asString(), equalTo("{\"items\":[" + get(conversation(id)).asString() + "],\"next\":null}"));
    }

    @Test
    void aWalkSeesEachConversationOnceEvenAtTheSameInstant() {
        List<UUID> ids = insertAtOneInstant(23);
        List<UUID> seen = walk(5);
        Collections.sort(ids, (a, b) -> b.toString().compareTo(a.toString()));
        assertThat(seen, equalTo(ids));
    }

    @Test
    void aWalkDuringInsertsMissesAndRepeatsNothingThatWasThere() {
        List<UUID> before = new ArrayList<>(IntStream.range(0, 20).mapToObj(i -> create()).toList());
        Collections.reverse(before);
        CompletableFuture<Void> writer = CompletableFuture.runAsync(() -> IntStream.range(0, 40).forEach(i -> create()));
        List<UUID> seen = walk(3);
        writer.join();
        assertThat(seen.size(), equalTo((int) seen.stream().distinct().count()));
        assertThat(seen.stream().filter(before::contains).toList(), equalTo(before));
    }

    @Test
    void onlyTheStatusThatIsAskedForIsListed() {
        UUID open = create();
        UUID closed = create();
        patch(conversation(closed), "{\"status\":\"closed\"}").then().statusCode(200);
        assertThat(ids(get(list("&status=open")).jsonPath()), equalTo(List.of(open)));
        assertThat(ids(get(list("&status=closed")).jsonPath()), equalTo(List.of(closed)));
        assertThat(ids(get(list("")).jsonPath()), equalTo(List.of(closed, open)));
        assertThat(ids(get(CONVERSATIONS + "?status=closed&limit=200").jsonPath()).contains(open), equalTo(false));
    }

    @Test
    void withoutFiltersEverybodysAreListed() {
        UUID mine = create();
        UUID theirs = UUID.fromString(post(CONVERSATIONS, "{}").path("id"));
        assertThat(ids(get(CONVERSATIONS + "?limit=2").jsonPath()), equalTo(List.of(theirs, mine)));
    }

    @Test
    void rowsOfAnotherProgramAreListedToo() {
        UUID id = UUID.randomUUID();
        sql("insert into public.conversations (id, customer_id, metadata) values ($1, $2, '[1, \"any\"]')", Tuple.of(id, customer));
        sql("insert into public.messages (conversation_id, content) values ($1, 'by sql')", Tuple.of(id));
        JsonPath page = get(list("")).jsonPath();
        assertThat(ids(page), equalTo(List.of(id)));
        assertThat(page.getString("items[0].last_message.content"), equalTo("by sql"));
        assertThat(page.getInt("items[0].last_seq"), equalTo(1));
        patch(conversation(id), "{\"metadata\":{\"now\":\"an object\"}}").then().statusCode(200).body("metadata.now", equalTo("an object"));
    }

    @Test
    void aDeletedLastMessageGivesWayToTheOneBefore() {
        UUID id = create();
        send(id, "one").then().statusCode(201);
        UUID two = UUID.fromString(send(id, "two").path("id"));
        sql("delete from public.messages where id = $1", Tuple.of(two));
        get(conversation(id)).then().body("last_message.content", equalTo("one")).body("last_seq", equalTo(2));
        sql("delete from public.messages where conversation_id = $1", Tuple.of(id));
        get(conversation(id)).then().body("last_message", nullValue());
    }

    @Test
    void timesHaveSixDigitsAtMostAndNoTrailingZeros() {
        UUID id = create();
        String[][] times = {{"2026-11-23 10:00:00+00", "2026-11-23T10:00:00+00:00"}, {"2026-11-23 12:00:00.5+02", "2026-11-23T10:00:00.5+00:00"},
                {"2026-11-23 10:00:00.123456+00", "2026-11-23T10:00:00.123456+00:00"}, {"2026-11-23 10:00:00.000100+00", "2026-11-23T10:00:00.0001+00:00"}};
        for (String[] time : times) {
            sql("update public.conversations set updated_at = $2::text::timestamptz where id = $1", Tuple.of(id, time[0]));
            assertThat(get(conversation(id)).asString(), containsString("\"updated_at\":\"" + time[1] + "\""));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"limit=0", "limit=201", "limit=-1", "limit=abc", "status=paused", "status=OPEN", "customer_id=", "customer_id",
            "cursor=x", "cursor=AAAA", "cursor=!!!!"})
    void aParameterThatDoesNotFitIsRefused(String query) {
        refused(get(CONVERSATIONS + "?" + query), ErrorCode.INVALID_REQUEST);
    }

    @Test
    void aForgedCursorIsRefusedOrHarmless() {
        for (byte fill : new byte[] {0, -1, 1, 127, -128}) {
            byte[] bytes = new byte[28];
            java.util.Arrays.fill(bytes, fill);
            String cursor = Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
            int status = get(CONVERSATIONS + "?cursor=" + cursor).statusCode();
            assertThat("a cursor of bytes " + fill, status == 200 || status == 400);
        }
        refused(get(CONVERSATIONS + "?cursor=" + "A".repeat(2_000)), ErrorCode.INVALID_REQUEST);
        refused(get(CONVERSATIONS + "?customer_id=" + "a".repeat(201)), ErrorCode.INVALID_REQUEST);
        refused(get(CONVERSATIONS + "?customer_id=\u0000"), ErrorCode.INVALID_REQUEST);
    }

    private UUID create() {
        return UUID.fromString(post(CONVERSATIONS, "{\"customer_id\":\"" + customer + "\"}").then().statusCode(201).extract().path("id"));
    }

    private List<UUID> insertAtOneInstant(int count) {
        List<UUID> ids = new ArrayList<>(IntStream.range(0, count).mapToObj(i -> UUID.randomUUID()).toList());
        ids.forEach(id -> sql("insert into public.conversations (id, customer_id, created_at) values ($1, $2, '2026-01-01 00:00:00.123456+00')",
                Tuple.of(id, customer)));
        return ids;
    }

    private void sql(String statement, Tuple values) {
        pool.preparedQuery(statement).execute(values).await().indefinitely();
    }

    private String list(String more) {
        return CONVERSATIONS + "?customer_id=" + customer + more;
    }

    private List<UUID> walk(int limit) {
        List<UUID> seen = new ArrayList<>();
        String cursor = "";
        while (cursor != null) {
            JsonPath page = get(list("&limit=" + limit + (cursor.isEmpty() ? "" : "&cursor=" + cursor))).then().statusCode(200).extract().jsonPath();
            seen.addAll(ids(page));
            cursor = page.getString("next");
        }
        return seen;
    }

    private static List<UUID> ids(JsonPath page) {
        return page.<String>getList("items.id").stream().map(UUID::fromString).toList();
    }
}
