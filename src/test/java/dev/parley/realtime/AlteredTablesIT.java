package dev.parley.realtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.parley.access.Tokens;
import dev.parley.testing.Await;
import dev.parley.testing.ChangeBinding;
import dev.parley.testing.Instance;
import dev.parley.testing.Json;
import dev.parley.testing.RealtimeChannel;
import dev.parley.testing.RealtimeClient;
import dev.parley.testing.RealtimeFrame;
import dev.parley.testing.RealtimeVersion;
import dev.parley.testing.Sql;
import dev.parley.testing.TestPostgres;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tables that are altered or dropped under those who subscribe to them. */
class AlteredTablesIT {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private static TestPostgres database;
    private static Instance instance;

    @BeforeAll
    static void start() {
        database = TestPostgres.startMigrated();
        Sql.on(database).run("create publication supabase_realtime");
        instance = Instance.over(database).start();
    }

    @AfterAll
    static void stop() {
        instance.close();
        database.close();
    }

    /** By value, and by a comparison that no index serves. */
    @ParameterizedTest
    @CsvSource({"renamed, room=eq.5, rename column room to chat", "dropped, room=eq.5, drop column room", "renamed_too, room=gt.4, rename column room to chat"})
    void aChannelWhoseFiltersColumnIsAlteredIsToldInsteadOfGoingSilent(String table, String filter, String alteration) throws IOException {
        watched(table);
        ChangeBinding filtered = ChangeBinding.of("INSERT", "public", table).filter(filter);
        ChangeBinding all = ChangeBinding.of("INSERT", "public", table);
        try (RealtimeClient client = RealtimeClient.of(RealtimeVersion.V2).connect(instance)) {
            RealtimeChannel channel = client.channel("filtered").on(filtered).joinOnceWatched();
            RealtimeChannel neighbour = client.channel("all").on(all).joinOnceWatched();
            Sql.on(database).run("insert into " + table + " (id, room) values (1, 5)");
            Await.until(() -> filtered.changes().size() == 1 && all.changes().size() == 1, PATIENCE, () -> "a row; got " + filtered.changes() + all.changes());

            Sql.on(database).run("alter table " + table + " " + alteration);
            Sql.on(database).run("insert into " + table + " (id, note) values (2, 'x')");
            channel.awaitFrame("the channel ends", frame -> frame.event().equals("phx_error"));
            Await.until(() -> all.changes().size() == 2, PATIENCE, () -> "the neighbour's row; got " + all.changes());
            channel.join();
            RealtimeFrame said = channel.awaitFrame("the reason", frame -> frame.event().equals("system") && frame.payload().path("status").asText().equals("error"));
            assertTrue(said.payload().path("message").asText().contains("room"), said::toString);
            assertEquals(List.of(), neighbour.errors());
        }
    }

    /** To end the channel would have its client join again, meet the row again, and so on for as long as the log has it. */
    @Test
    void aRowThatCannotBeComparedAnyMoreIsAGapBehindWhichTheChannelGoesOn() throws IOException {
        watched("retyped");
        ChangeBinding before = ChangeBinding.of("INSERT", "public", "retyped").afterPosition(null);
        ChangeBinding after = ChangeBinding.of("INSERT", "public", "retyped").filter("note=gt.5");
        try (RealtimeClient client = RealtimeClient.of(RealtimeVersion.V2).connect(instance)) {
            client.channel("before").on(before).joinOnceWatched();
            Sql.on(database).run("insert into retyped (id, note) values (1, '6')");
            Await.until(() -> before.changes().size() == 1, PATIENCE, "the row before");
            Sql.on(database).run("insert into retyped (id, note) values (2, 'none')");
            Await.until(() -> before.changes().size() == 2, PATIENCE, "the row without a number");
            Sql.on(database).run("alter table retyped alter note type numeric using nullif(note, 'none')::numeric");

            Await.until(() -> {
                RealtimeChannel probe = client.channel("probe").on(ChangeBinding.of("INSERT", "public", "retyped").filter("note=gt.none")).join();
                RealtimeFrame answer = probe.awaitFrame("an answer", frame -> frame.event().equals("system"));
                probe.leave();
                return answer.payload().path("status").asText().equals("error");
            }, PATIENCE, "the new type is known");
            RealtimeChannel channel = client.channel("after").on(after.afterPosition(before.changes().get(0).position())).join().awaitJoined();
            RealtimeFrame said = channel.awaitFrame("the gap", frame -> frame.event().equals("system") && frame.payload().path("message").asText().contains("load afresh"));
            assertTrue(said.payload().path("message").asText().contains("not_judged"), said::toString);
            Await.until(() -> {
                Sql.on(database).run("insert into retyped (id, note) select count(*) + 1, 7 from retyped");
                return !after.changes().isEmpty();
            }, PATIENCE, "what comes behind it");
            assertEquals(List.of(), channel.frames("phx_error"));
        }
    }

    @Test
    void aRowDeletedFromATableThatIsGoneShowsNothingOfWhatStoodInIt() throws IOException {
        watched("gone");
        ChangeBinding everything = ChangeBinding.of("*", "*", "*");
        try (RealtimeClient client = RealtimeClient.of(RealtimeVersion.V2).connect(instance)) {
            client.channel("everything").on(everything).joinOnceWatched();
            Sql.on(database).run("insert into gone (id, room, note) values (1, 5, 'inserted')");
            Await.until(() -> everything.changes().size() == 1, PATIENCE, "the inserted row");
            Sql.on(database).with(connection -> {
                connection.setAutoCommit(false);
                Sql.run(connection, "alter table gone add column more int");
                Sql.run(connection, "delete from gone");
                Sql.run(connection, "drop table gone");
                connection.commit();
                return null;
            });
            Await.until(() -> everything.changes().size() == 2, PATIENCE, () -> "the deletion; got " + everything.changes());
            assertEquals("{}", everything.changes().get(1).data().path("old_record").toString(), () -> everything.changes().toString());
        }
    }

    /** Clients look for the old row of every update; where there is no key nothing of it is logged. */
    @Test
    void anUpdateOfATableThatIsGoneHasAnOldRowWithoutColumns() throws IOException {
        watched("updated", "id int, room int, note text");
        ChangeBinding everything = ChangeBinding.of("UPDATE", "*", "*");
        try (RealtimeClient client = RealtimeClient.of(RealtimeVersion.V2).connect(instance)) {
            client.channel("updates").on(everything).joinOnceWatched();
            Sql.on(database).run("insert into updated (id, room, note) values (1, 5, 'inserted')");
            Sql.on(database).with(connection -> {
                connection.setAutoCommit(false);
                Sql.run(connection, "alter publication supabase_realtime drop table updated"); // with it PostgreSQL itself would not have a table without a key updated
                Sql.run(connection, "alter table updated add column more int");
                Sql.run(connection, "update updated set room = 6");
                Sql.run(connection, "drop table updated");
                connection.commit();
                return null;
            });
            Await.until(() -> everything.changes().size() == 1, PATIENCE, () -> "the update; got " + everything.changes());
            assertEquals("{}", everything.changes().get(0).data().path("old_record").toString(), () -> everything.changes().toString());
            assertEquals(6, everything.changes().get(0).row().path("room").asInt());
        }
    }

    @Test
    void aFreshTokenAfterATableIsGoneIsTakenAndTheClientToldOfTheTable() throws IOException {
        watched("removed");
        watched("kept");
        ChangeBinding removed = ChangeBinding.of("INSERT", "public", "removed");
        ChangeBinding kept = ChangeBinding.of("INSERT", "public", "kept");
        try (RealtimeClient client = RealtimeClient.of(RealtimeVersion.V2).connect(instance)) {
            RealtimeChannel both = client.channel("both").on(removed).on(kept).joinOnceWatched();
            RealtimeChannel one = client.channel("one").on(ChangeBinding.of("INSERT", "public", "removed")).joinOnceWatched();
            Sql.on(database).run("drop table removed");
            Await.until(() -> {
                RealtimeChannel probe = client.channel("probe").on(ChangeBinding.of("INSERT", "public", "removed")).join();
                RealtimeFrame answer = probe.awaitFrame("an answer", frame -> frame.event().equals("system"));
                probe.leave();
                return answer.payload().path("status").asText().equals("error");
            }, PATIENCE, "the table is known to be gone");
            for (RealtimeChannel channel : List.of(both, one)) {
                channel.frames().clear();
                channel.push("access_token", Json.read("{\"access_token\":\"" + token() + "\"}"));
                RealtimeFrame said = channel.awaitFrame("the table is gone", frame -> !frame.event().equals("phx_reply"));
                assertEquals("system", said.event(), said::toString);
                assertEquals("error", said.payload().path("status").asText(), said::toString);
                assertTrue(said.payload().path("message").asText().contains("table: removed"), said::toString);
            }
            both.awaitFrame("the other table is watched", frame -> frame.event().equals("system") && frame.payload().path("status").asText().equals("ok"));
            Sql.on(database).run("insert into kept (id) values (1)");
            Await.until(() -> kept.changes().size() == 1, PATIENCE, () -> "a row of the other table; got " + kept.changes());
            client.awaitHeartbeat();
            assertEquals(List.of("system"), one.frames().stream().map(RealtimeFrame::event).toList());
        }
    }

    private static String token() {
        return Tokens.shared("HS256", null, Instance.JWT_SECRET, "{\"role\":\"anon\",\"exp\":%d}".formatted(System.currentTimeMillis() / 1000 + 3_600));
    }

    private static void watched(String table) {
        watched(table, "id int primary key, room int, note text");
    }

    private static void watched(String table, String columns) {
        Sql.on(database).run("create table " + table + " (" + columns + ")");
        Sql.on(database).run("alter publication supabase_realtime add table " + table);
        Await.until(() -> Sql.on(database).value("select exists (select from pg_trigger where tgrelid = ?::regclass and tgname = 'parley_log_insert')", Boolean.class, table),
                PATIENCE, table + " is watched");
    }
}
