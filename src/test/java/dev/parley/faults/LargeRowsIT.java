package dev.parley.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.parley.testing.Await;
import dev.parley.testing.ChangeBinding;
import dev.parley.testing.Conversations;
import dev.parley.testing.Http;
import dev.parley.testing.Instance;
import dev.parley.testing.Json;
import dev.parley.testing.RealtimeClient;
import dev.parley.testing.RealtimeVersion;
import dev.parley.testing.RowChange;
import dev.parley.testing.Sql;
import dev.parley.testing.StreamClient;
import dev.parley.testing.TestPostgres;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Rows that somebody else writes and that are larger than a service's memory: what is small of them is told, and all that others write comes on. */
class LargeRowsIT {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    /** As JSON, and as often as it is copied on its way, it does not fit into the memory. */
    private static final String LARGE = "repeat('large ', 3000000)";
    private static final String[] MEMORY = {"-Xmx80m", "-XX:MaxDirectMemorySize=40m"};

    private static TestPostgres database;
    private static Instance instance;

    @BeforeAll
    static void start() {
        database = TestPostgres.start();
        Sql.on(database).run("create table files (id int primary key, room int, note json, body text)");
        Sql.on(database).run("create publication supabase_realtime for table files");
        instance = Instance.over(database).jvm(MEMORY).start();
        Sql.on(database).run("alter publication supabase_realtime add table messages");
    }

    @AfterAll
    static void stop() {
        instance.close();
        database.close();
    }

    @AfterEach
    void nobodyRanOutOfMemory() {
        assertTrue(instance.isAlive());
        assertFalse(instance.log().contains("OutOfMemoryError"), "the instance ran out of memory");
    }

    @Test
    void ofALargeRowWhatIsSmallIsToldLiveAndResumed() throws IOException {
        String before;
        try (RealtimeClient client = RealtimeClient.of(RealtimeVersion.V2).connect(instance)) {
            List<ChangeBinding> all = watching(null);
            for (ChangeBinding binding : all) {
                client.channel(UUID.randomUUID().toString()).on(binding).joinOnceWatched();
            }
            Sql.on(database).run("insert into files values (0, 1, 'null', 'whole')");
            Await.until(() -> all.stream().allMatch(binding -> binding.changes().size() == 1), PATIENCE, "the first row");
            before = all.get(0).position();
            Sql.on(database).run("insert into files values (1, 1, '{\"a\": \"\\u0000 \\ud83d\\ude00 \\\\u0000\"}', " + LARGE + ")");
            Sql.on(database).run("update files set note = null where id = 1");
            Sql.on(database).run("delete from files where id = 1");
            Sql.on(database).run("insert into files values (2, 1, '[1]', 'whole again')");
            for (ChangeBinding binding : all) {
                assertTold(binding, 1);
            }
        }
        try (RealtimeClient client = RealtimeClient.of(RealtimeVersion.V2).connect(instance)) {
            List<ChangeBinding> all = watching(before);
            for (ChangeBinding binding : all) {
                client.channel(UUID.randomUUID().toString()).on(binding).join();
                assertTold(binding, 0);
            }
            assertEquals(List.of(), client.closes());
        }
    }

    private static List<ChangeBinding> watching(String position) {
        return Stream.of(ChangeBinding.of("*", "public", "files"), ChangeBinding.of("*", "*", "*"), ChangeBinding.of("*", "public", "files").filter("id=lt.5"))
                .map(binding -> position == null ? binding : binding.afterPosition(position)).toList();
    }

    private static void assertTold(ChangeBinding binding, int skipped) {
        Await.until(() -> binding.changes().size() == skipped + 4, PATIENCE, () -> "four changes; got " + binding.changes());
        List<String> told = binding.changes().subList(skipped, skipped + 4).stream().map(LargeRowsIT::shown).toList();
        assertEquals(List.of(
                "INSERT {\"id\":1,\"room\":1,\"note\":{\"a\":\"\uFFFD \uFFFD\uFFFD \\\\u0000\"}} null [\"Error 413: Payload Too Large\"]",
                "UPDATE {\"id\":1,\"room\":1,\"note\":null} {\"id\":1} [\"Error 413: Payload Too Large\"]",
                "DELETE null {\"id\":1} null",
                "INSERT {\"id\":2,\"room\":1,\"note\":[1],\"body\":\"whole again\"} null null"), told);
    }

    private static String shown(RowChange change) {
        return change.type() + " " + shown(change.data().path("record")) + " " + shown(change.data().path("old_record")) + " " + change.data().path("errors");
    }

    private static String shown(JsonNode row) {
        if (row.isObject()) {
            ((ObjectNode) row).remove("position");
        }
        return row.isMissingNode() ? "null" : row.toString();
    }

    @Test
    void aLargeMessageOfAnotherProgramKeepsItsPlaceAndNobodyFromTheNext() throws IOException {
        UUID conversation = Conversations.insert(database, "large");
        try (Messages live = Messages.of(StreamClient.conversation(conversation).after(0)); Messages everything = Messages.of(StreamClient.global())) {
            String before = everything.stream().position();
            Sql.on(database).run("insert into messages (conversation_id, content) values (?, 'first')", conversation);
            Sql.on(database).run("insert into messages (conversation_id, content) values (?, " + LARGE + ")", conversation);
            Sql.on(database).run("insert into messages (conversation_id, content) values (?, 'third')", conversation);
            live.await();
            everything.await();
            try (Messages late = Messages.of(StreamClient.conversation(conversation).after(0)); Messages resumed = Messages.of(StreamClient.global().at(before))) {
                late.await();
                resumed.await();
            }
        }
        assertEquals("first - third", contents("items", "/api/conversations/" + conversation + "/messages"));
        assertEquals("third", contents("items", "/api/conversations"));
        Sql.on(database).run("delete from messages where seq = 3");
        assertEquals("-", contents("items", "/api/conversations"));

        ChangeBinding rows = ChangeBinding.messages(conversation).after(() -> LongNode.valueOf(0));
        try (RealtimeClient client = RealtimeClient.of(RealtimeVersion.V2).connect(instance)) {
            client.channel("rows").on(rows).join();
            Await.until(() -> rows.changes().size() == 2, PATIENCE, () -> "two messages; got " + rows.changes());
            assertEquals("null [\"Error 413: Payload Too Large\"]",
                    rows.changes().stream().map(change -> change.data().path("errors").toString()).collect(Collectors.joining(" ")));
        }
    }

    /** None of them large by itself. */
    @Test
    void aPageEndsBeforeItIsLargerThanTheMemory() throws IOException {
        List<UUID> conversations = Conversations.insert(database, 12);
        UUID conversation = conversations.get(0);
        for (UUID one : conversations) {
            Sql.on(database).run("insert into messages (conversation_id, content) select ?, repeat('large', 300000) from generate_series(1, ?)", one,
                    one == conversation ? 12 : 1);
        }
        String messages = "/api/conversations/" + conversation + "/messages?limit=200&";
        assertEquals(List.of("1 2 3", "4 5 6", "7 8 9", "10 11 12"), walk(messages + "after=0", messages + "after=", "seq"));
        assertEquals(List.of("10 11 12", "7 8 9", "4 5 6", "1 2 3"), walk(messages, messages + "before=", "seq"));
        List<String> all = walk("/api/conversations?limit=200", "/api/conversations?limit=200&cursor=", "id");
        assertTrue(conversations.stream().allMatch(one -> all.stream().anyMatch(page -> page.contains(one.toString()))), all.toString());
        Sql.on(database).run("delete from conversations");
        // once it is live the feed has brought that: it is not for others to come upon
        StreamClient.global().join(instance).close();
    }

    /** A member of each item, page by page. */
    private static List<String> walk(String first, String following, String member) {
        List<String> pages = new ArrayList<>();
        for (String path = first; path != null; ) {
            JsonNode page = Json.read(Http.get(instance.http(path)).body());
            pages.add(StreamSupport.stream(page.path("items").spliterator(), false).map(item -> item.path(member).asText()).collect(Collectors.joining(" ")));
            path = page.hasNonNull("next") ? following + page.path("next").asText() : null;
        }
        return pages;
    }

    /** Of a page of messages, or of the conversations' last ones. */
    private static String contents(String member, String path) {
        JsonNode page = Json.read(Http.get(instance.http(path)).body());
        return StreamSupport.stream(page.path(member).spliterator(), false).map(item -> item.has("last_seq") ? item.path("last_message") : item)
                .map(message -> message.path("content").asText("-")).collect(Collectors.joining(" "));
    }

    /** What a stream brings. */
    private record Messages(StreamClient stream, List<String> told) implements AutoCloseable {

        static Messages of(StreamClient client) throws IOException {
            List<String> told = new CopyOnWriteArrayList<>();
            return new Messages(client.onMessage((message, at) -> told.add(message.path("seq").asLong() + " " + message.path("sender_role").asText() + " "
                    + message.path("content").asText("-"))).join(instance), told);
        }

        void await() {
            Await.until(() -> told.size() == 3, PATIENCE, () -> "three messages; got " + told + stream.frames());
            assertEquals(List.of("1 customer first", "2 customer -", "3 customer third"), told);
        }

        @Override
        public void close() {
            stream.close();
        }
    }
}
