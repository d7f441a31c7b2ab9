package dev.parley.realtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.parley.testing.Api;
import dev.parley.testing.Await;
import dev.parley.testing.ChangeBinding;
import dev.parley.testing.Instance;
import dev.parley.testing.RealtimeChannel;
import dev.parley.testing.RealtimeClient;
import dev.parley.testing.RealtimeFrame;
import dev.parley.testing.RealtimeVersion;
import dev.parley.testing.RowChange;
import dev.parley.testing.Sql;
import dev.parley.testing.TestPostgres;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * A stored generated column is told like any other. A virtual one, which PostgreSQL 18 brought, has no value where changes are seen: it is left out, and nobody
 * is told that it is null.
 */
class GeneratedColumnsIT {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private static TestPostgres database;
    private static Sql sql;
    private static Instance instance;
    /** Whether this server has virtual ones. */
    private static boolean virtual;

    @BeforeAll
    static void start() {
        database = TestPostgres.startMigrated();
        sql = Sql.on(database);
        instance = Instance.over(database).start();
        virtual = database.majorVersion() >= 18;
    }

    @AfterAll
    static void stop() {
        instance.close();
        database.close();
    }

    @Test
    void aRowIsToldWithItsStoredColumnsInEveryKindOfChange() throws IOException {
        sql.run("create table sums (id int primary key, b int " + generated("a * 2") + ", a int, note json) partition by range (id)");
        sql.run("create table sums_0 partition of sums for values from (0) to (10)");
        sql.run("create table sums_1 (gone int, a int, note json, b int " + generated("a * 2") + ", id int not null)");
        sql.run("alter table sums_1 drop column gone; alter table sums attach partition sums_1 for values from (10) to (20)");
        sql.run("alter table sums replica identity full");
        sql.run("select parley.watch('sums')");
        ChangeBinding changes = ChangeBinding.of("*", "public", "sums");
        ChangeBinding same = ChangeBinding.of("*", "public", "sums").filter("a=gt.2");
        try (RealtimeClient client = RealtimeClient.of(RealtimeVersion.V2).connect(instance)) {
            client.channel("sums").on(changes).on(same).joinOnceWatched();
            sql.run("insert into sums (id, a, note) values (1, 2, '{\"b\":null}')");
            sql.run("insert into sums_1 (id, a) values (11, 3)");
            sql.run("update sums set a = a + 1, id = case id when 1 then 12 else 2 end");
            sql.run("delete from sums where id = 12");
            Await.until(() -> changes.changes().size() == 5, PATIENCE, () -> "all of it; got " + changes.changes());
            assertEquals(List.of(
                    "INSERT {\"id\":1,(\"b\":4,)\"a\":2,\"note\":{\"b\":null}}",
                    "INSERT {\"a\":3,\"note\":null,(\"b\":6,)\"id\":11}",
                    "UPDATE {\"id\":12,(\"b\":6,)\"a\":3,\"note\":{\"b\":null}} {\"id\":1,(\"b\":4,)\"a\":2,\"note\":{\"b\":null}}",
                    "UPDATE {\"id\":2,(\"b\":8,)\"a\":4,\"note\":null} {\"id\":11,(\"b\":6,)\"a\":3,\"note\":null}",
                    "DELETE {\"id\":12,(\"b\":6,)\"a\":3,\"note\":{\"b\":null}}").stream().map(GeneratedColumnsIT::expected).toList(),
                    changes.changes().stream().map(GeneratedColumnsIT::text).toList());
            for (RowChange change : changes.changes()) {
                List<String> columns = new ArrayList<>();
                change.data().path("columns").forEach(column -> columns.add(column.path("name").asText()));
                assertEquals(virtual ? List.of("id", "a", "note") : List.of("id", "b", "a", "note"), columns);
            }
            assertEquals(changes.changes().subList(1, 5), same.changes(), "a filter on another column works");
        }
    }

    @Test
    void aFilterOnAColumnWithoutAStoredValueIsRefusedAndOneOnAStoredColumnWorks() throws IOException {
        sql.run("create table totals (id int primary key, b int " + generated("id * 2") + ")");
        sql.run("select parley.watch('totals')");
        ChangeBinding large = ChangeBinding.of("INSERT", "public", "totals").filter("b=gt.10");
        try (RealtimeClient client = RealtimeClient.of(RealtimeVersion.V2).connect(instance)) {
            client.channel("watched").on(ChangeBinding.of("INSERT", "public", "totals")).joinOnceWatched();
            RealtimeChannel channel = client.channel("large").on(large).join().awaitJoined();
            RealtimeFrame said = channel.awaitFrame("what becomes of it", frame -> frame.event().equals("system"));
            assertEquals(virtual ? "error" : "ok", said.payload().path("status").asText(), said::toString);
            assertTrue(said.payload().path("message").asText().contains(virtual ? "invalid column for filter b" : "Subscribed"), said::toString);
            if (!virtual) {
                sql.run("insert into totals (id) values (1), (6)");
                Await.until(() -> large.changes().size() == 1, PATIENCE, () -> "a row; got " + large.changes());
                assertEquals(6, large.changes().get(0).row().path("id").asInt());
            }
        }
    }

    /** Whatever it is: other values are logged as PostgreSQL writes them. */
    @Test
    void theOtherValuesAreLoggedAsTheyAre() {
        sql.run("create table odd (id int primary key, b int " + generated("id * 2") + ", \"x, \"\"y\" json, v text)");
        sql.run("create table below (extra int " + generated("id + 1") + ") inherits (odd)");
        sql.run("create table nothing (b int " + generated("1") + ")");
        sql.run("select parley.watch('odd'), parley.watch('nothing')");
        sql.run("insert into odd values (1, default, '{\"nul\": \"\\u0000\", \"half\": \"\\ud800\",  \"b\":null}', 'x')");
        sql.run("update odd set id = 2");
        sql.run("insert into below (id) values (5)");
        sql.run("update odd set v = repeat('large', 2000000) where id = 2");
        sql.run("truncate odd");
        assertEquals(List.of(
                "INSERT|{\"id\":1,(\"b\":2,)\"x, \\\"y\":{\"nul\": \"\\u0000\", \"half\": \"\\ud800\",  \"b\":null},\"v\":\"x\"}|null",
                "UPDATE|{\"id\":2,(\"b\":4,)\"x, \\\"y\":{\"nul\": \"\\u0000\", \"half\": \"\\ud800\",  \"b\":null},\"v\":\"x\"}|{\"id\":1}",
                "INSERT|{\"id\":5,(\"b\":10,)\"x, \\\"y\":null,\"v\":null(,\"extra\":6)}|null",
                "UPDATE|{\"id\":2,(\"b\":4,)\"x, \\\"y\":{\"nul\": \"\\ufffd\", \"half\": \"\\ufffd\",  \"b\":null}}|{\"id\":2}",
                "TRUNCATE|null|null", "TRUNCATE|null|null").stream().map(GeneratedColumnsIT::expected).toList(), logged("odd"));
        sql.run("insert into nothing default values; delete from nothing");
        assertEquals(List.of("INSERT|{(\"b\":1)}|null", "DELETE|null|{(\"b\":1)}").stream().map(GeneratedColumnsIT::expected).toList(), logged("nothing"));
        assertEquals(0L, sql.value("""
                select count(*) from parley.change_log where table_name in ('odd', 'nothing') and operation in ('INSERT', 'UPDATE') and bytes < 1000000
                  and bytes <> octet_length(record::text) + coalesce(octet_length(old_record::text), 0)""", Long.class));
    }

    /** The statement that stores what is sent to Parley knows the value, and what is told of a message then has it. */
    @Test
    void messagesAreToldThoughTheirTableHasOne() throws Exception {
        sql.run("alter table messages add column shout text " + generated("upper(content)"));
        try (RealtimeClient client = RealtimeClient.of(RealtimeVersion.V2).connect(instance)) {
            Api api = Api.of(instance);
            UUID conversation = api.createConversation("loud");
            ChangeBinding messages = ChangeBinding.messages(conversation);
            client.channel("loud").on(messages).joinOnceWatched();
            api.sendNew(conversation, "sent");
            Await.until(() -> messages.changes().size() == 1, PATIENCE, "the one that was sent");
            sql.run("insert into messages (conversation_id, content) values (?, 'inserted')", conversation);
            api.sendNew(conversation, "sent again");
            Await.until(() -> messages.changes().size() == 3, PATIENCE, () -> "all three; got " + messages.changes());
            assertEquals(List.of("sent", "inserted", "sent again"), messages.changes().stream().map(change -> change.row().path("content").asText()).toList());
            assertEquals(virtual ? List.of("SENT", "", "SENT AGAIN") : List.of("SENT", "INSERTED", "SENT AGAIN"),
                    messages.changes().stream().map(change -> change.row().path("shout").asText()).toList());
        } finally {
            sql.run("alter table messages drop column shout");
        }
    }

    private static List<String> logged(String table) {
        return sql.rows("select operation, record, old_record from parley.change_log where table_name = '" + table + "' order by id");
    }

    private static String generated(String expression) {
        return "generated always as (" + expression + ") " + (virtual ? "virtual" : "stored");
    }

    /** What is in parentheses is of a generated column. */
    private static String expected(String told) {
        return virtual ? told.replaceAll("\\([^)]*\\)", "") : told.replaceAll("[()]", "");
    }

    private static String text(RowChange change) {
        StringBuilder text = new StringBuilder(change.type());
        for (JsonNode row : List.of(change.row(), change.oldRow())) {
            text.append(row.isMissingNode() ? "" : " " + row);
        }
        return text.toString();
    }
}
