package dev.parley.realtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.parley.testing.Await;
import dev.parley.testing.ChangeBinding;
import dev.parley.testing.Http;
import dev.parley.testing.Instance;
import dev.parley.testing.Json;
import dev.parley.testing.Logs;
import dev.parley.testing.RawWebSocket;
import dev.parley.testing.RealtimeChannel;
import dev.parley.testing.RealtimeClient;
import dev.parley.testing.RealtimeVersion;
import dev.parley.testing.Sql;
import dev.parley.testing.TestPostgres;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code parley.chat=off}: an application's own tables, one of them by chance named as chat's, and the Supabase protocol over them; nothing of the chat. */
class WithoutChatIT {

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final String TABLES = """
            create table messages (id bigint generated always as identity primary key, room text not null, body text, seq text default 'not a number');
            create table conversations (name text primary key);
            create publication supabase_realtime for table messages, conversations""";

    private static TestPostgres database;
    private static Instance instance;

    @BeforeAll
    static void start() {
        database = TestPostgres.start();
        Sql.on(database).run(TABLES);
        instance = Instance.over(database).setting("parley.chat", "off").start();
    }

    @AfterAll
    static void stop() {
        instance.close();
        database.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/", "/admin", "/api/conversations", "/api/conversations/6dbb5ff0-6e4c-4f2c-8b4c-0d3a2c2f1b11",
        "/api/conversations/6dbb5ff0-6e4c-4f2c-8b4c-0d3a2c2f1b11/messages"})
    void chatsPathsAnswerNotFound(String path) {
        HttpResponse<String> answer = Http.get(instance.http(path));
        assertEquals(404, answer.statusCode());
        assertEquals("application/problem+json", answer.headers().firstValue("Content-Type").orElse(null));
        assertEquals("PARLEY-NOT-FOUND", Json.read(answer.body()).path("code").asText());
    }

    @Test
    void nothingIsWrittenByChatsInterface() {
        assertEquals(404, Http.send("POST", instance.http("/api/conversations"), "{\"subject\":\"x\"}").statusCode());
        assertEquals(404, Http.send("POST", instance.http("/api/conversations/" + UUID.randomUUID() + "/messages"), "{\"content\":\"x\"}").statusCode());
    }

    @ParameterizedTest
    @ValueSource(strings = {"/ws/feed", "/ws/conversations/6dbb5ff0-6e4c-4f2c-8b4c-0d3a2c2f1b11"})
    void plainStreamsAreRefusedAsNotFound(String path) {
        RawWebSocket.Refused refused = assertThrows(RawWebSocket.Refused.class, () -> RawWebSocket.open(instance.port(), path).close());
        assertEquals(404, refused.status());
    }

    @Test
    void theApplicationsTablesAreAsTheyWere() {
        assertEquals(List.of("conversations", "messages"), Sql.on(database).values(
                "select tablename::text from pg_tables where schemaname = 'public' and tablename not like 'late%' order by 1", String.class));
        assertEquals("not a number", Sql.on(database).value("insert into messages (room, body) values ('none', 'x') returning seq", String.class));
        assertEquals(List.of("body", "id", "room", "seq"), Sql.on(database).values("""
                select column_name::text from information_schema.columns where table_schema = 'public' and table_name = 'messages' order by 1""", String.class));
    }

    @ParameterizedTest
    @EnumSource
    void aTableNamedMessagesOfAnotherShapeIsFollowedLikeAnyOther(RealtimeVersion version) throws IOException {
        String room = "room of " + version;
        ChangeBinding inRoom = ChangeBinding.of("*", "public", "messages").filter("room=eq." + room);
        ChangeBinding conversations = ChangeBinding.of("INSERT", "public", "conversations");
        try (RealtimeClient client = RealtimeClient.of(version).connect(instance)) {
            client.channel("application").on(inRoom).on(conversations).joinOnceWatched();
            Sql.on(database).run("insert into messages (room, body) values ('elsewhere', 'no')");
            long id = Sql.on(database).value("insert into messages (room, body) values (?, 'hello') returning id", Long.class, room);
            Sql.on(database).run("update messages set body = 'changed' where id = ?", id);
            Sql.on(database).run("insert into conversations (name) values (?)", room);

            Await.until(() -> inRoom.changes().size() >= 2 && !conversations.changes().isEmpty(), PATIENCE,
                    () -> "three changes; got " + inRoom.changes() + conversations.changes());
            assertEquals(List.of("INSERT", "UPDATE"), inRoom.changes().stream().map(change -> change.type()).toList());
            assertEquals(Json.read("{\"id\":" + id + ",\"room\":\"" + room + "\",\"body\":\"hello\",\"seq\":\"not a number\"}"), inRoom.changes().get(0).row());
            assertEquals(Json.read("{\"id\":" + id + "}"), inRoom.changes().get(1).oldRow());
            assertEquals("public", inRoom.changes().get(0).data().path("schema").asText());
            assertEquals(Json.read("""
                    [{"name":"id","type":"int8"},{"name":"room","type":"text"},{"name":"body","type":"text"},{"name":"seq","type":"text"}]"""),
                    inRoom.changes().get(0).data().path("columns"));
            assertEquals(room, conversations.changes().get(0).row().path("name").asText());
            assertEquals(List.of(), client.violations());
        }
    }

    @ParameterizedTest
    @EnumSource
    void whatWasMissedComesAfterAPosition(RealtimeVersion version) throws IOException {
        String room = "left room of " + version;
        ChangeBinding followed = ChangeBinding.of("INSERT", "public", "messages").filter("room=eq." + room).afterPosition(null);
        try (RealtimeClient client = RealtimeClient.of(version).connect(instance)) {
            RealtimeChannel channel = client.channel("resumed").on(followed);
            channel.joinOnceWatched();
            write(room, "seen");
            Await.until(() -> followed.changes().size() == 1, PATIENCE, "the first");
            client.disconnect();
            write("elsewhere", "no");
            write(room, "missed 1");
            write(room, "missed 2");
            client.connect(instance);
            channel.awaitJoined();
            write(room, "live");
            Await.until(() -> followed.changes().size() >= 4, PATIENCE, () -> "all four; got " + followed.changes());
            assertEquals(List.of("seen", "missed 1", "missed 2", "live"),
                    followed.changes().stream().map(change -> change.row().path("body").asText()).toList());
            assertEquals(List.of(), client.violations());
        }
    }

    /** Without chat no {@code seq} means anything, whatever the table is called. */
    @Test
    void aSeqIsNoPlaceToResumeFrom() throws IOException {
        ChangeBinding odd = ChangeBinding.of("INSERT", "public", "messages").filter("room=eq.x").after(() -> Json.read("1"));
        try (RealtimeClient client = RealtimeClient.of(RealtimeVersion.V2).connect(instance)) {
            RealtimeChannel channel = client.channel("odd").on(odd).join().awaitJoined();
            assertEquals("error", channel.awaitFrame("being told", frame -> frame.event().equals("system")).payload().path("status").asText());
        }
    }

    @Test
    void aTableThatJoinsThePublicationLaterIsFollowedFromThenOn() throws IOException {
        Sql.on(database).run("create table late (id int primary key)");
        ChangeBinding late = ChangeBinding.of("INSERT", "public", "late");
        try (RealtimeClient client = RealtimeClient.of(RealtimeVersion.V2).connect(instance)) {
            RealtimeChannel channel = client.channel("late").on(late).join().awaitJoined();
            assertEquals("error", channel.awaitFrame("being told", frame -> frame.event().equals("system")).payload().path("status").asText());
            Sql.on(database).run("alter publication supabase_realtime add table late");
            channel.joinOnceWatched();
            Sql.on(database).run("insert into late values (1)");
            Await.until(() -> late.changes().size() == 1, PATIENCE, "the row");
        }
    }

    @Test
    void broadcastsOfBothVersionsAreHeardAndNothingIsLogged() throws IOException {
        try (RealtimeClient older = RealtimeClient.of(RealtimeVersion.V1).connect(instance);
                RealtimeClient newer = RealtimeClient.of(RealtimeVersion.V2).connect(instance)) {
            RealtimeChannel first = older.channel("chat:42").join().awaitJoined();
            RealtimeChannel second = newer.channel("chat:42").join().awaitJoined();
            first.broadcast("typing", Json.read("{\"user\":\"first\"}"));
            second.awaitBroadcast("typing", Json.read("{\"user\":\"first\"}"));
            second.broadcast("typing", Json.read("{\"user\":\"second\"}"));
            first.awaitBroadcast("typing", Json.read("{\"user\":\"second\"}"));
            assertEquals(1, first.frames("broadcast").size(), "not its own");
            assertEquals(1, second.frames("broadcast").size(), "not its own");
        }
        assertEquals(200, Http.get(instance.http("/q/health/ready")).statusCode());
        Logs.assertClean(instance);
    }

    private static void write(String room, String body) {
        Sql.on(database).run("insert into messages (room, body) values (?, ?)", room, body);
    }
}
