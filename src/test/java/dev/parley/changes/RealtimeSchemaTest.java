package dev.parley.changes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Broadcasts from the database are stored and logged, and never fail the transaction that sends them. */
@QuarkusTest
class RealtimeSchemaTest {

    private static final DateTimeFormatter DAY = DateTimeFormatter.ofPattern("yyyy_MM_dd");

    @Inject
    Statements sql;

    @Inject
    MessagePartitions partitions;

    @BeforeEach
    void empty() {
        sql.run("truncate realtime.messages", "delete from parley.change_log where schema_name = 'realtime'", "drop schema if exists r cascade", "create schema r");
    }

    @AfterEach
    void drop() {
        sql.run("drop schema r cascade", "select parley.keep_message_partitions('72 hours')");
    }

    @Test
    void sendStoresAndLogsAndGivesThePayloadTheMessagesId() {
        sql.run("select realtime.send('{\"a\": 1}', 'ev', 'room')", "select realtime.send('{\"id\": 7}', 'ev', 'room', false)");
        assertEquals(List.of("room|broadcast|ev|t|t", "room|broadcast|ev|f|f"), sql.rows("""
                select topic, extension, event, private, payload ->> 'id' = id::text from realtime.messages order by private desc"""));
        assertEquals(List.of("INSERT|room|ev", "INSERT|room|ev"), sql.rows("""
                select operation, record ->> 'topic', record ->> 'event' from parley.change_log
                where schema_name = 'realtime' and table_name = 'messages' order by id"""));
    }

    @Test
    void sendBinaryStoresBytes() {
        sql.run("select realtime.send_binary('\\x000102', 'ev', 'room')");
        assertEquals("null|\\x000102|t", sql.value("select payload, binary_payload, private from realtime.messages"));
    }

    @Test
    void policiesSeeTheTopic() {
        assertEquals("room", sql.ask(statement -> {
            statement.getConnection().setAutoCommit(false);
            statement.execute("select realtime.send('{}', 'ev', 'room')");
            var row = statement.executeQuery("select realtime.topic()");
            row.next();
            String topic = row.getString(1);
            statement.getConnection().rollback();
            return topic;
        }));
        assertEquals("null", sql.value("select realtime.topic()"));
    }

    @Test
    void whatCannotBeSentIsAWarningAndTheTransactionGoesOn() {
        String warning = sql.ask(statement -> {
            statement.execute("select realtime.send('{}', 'ev', null)");
            return statement.getWarnings().getMessage();
        });
        assertTrue(warning.startsWith("WarnSendingBroadcastMessage: "), warning);
        assertEquals("0", sql.value("select count(*) from realtime.messages"));
    }

    @Test
    void aRowTriggerTellsEachChange() {
        sql.run("create table r.t (id int primary key, v text)", """
                create function r.tell() returns trigger language plpgsql as $$
                begin
                  perform realtime.broadcast_changes('t:' || coalesce(new.id, old.id), tg_op, tg_op, tg_table_name, tg_table_schema, new, old);
                  return null;
                end $$""",
                "create trigger tell after insert or update or delete on r.t for each row execute function r.tell()",
                "insert into r.t values (1, 'a')", "update r.t set v = 'b'", "delete from r.t");
        assertEquals(List.of(
                "t:1|INSERT|t|{\"table\": \"t\", \"record\": {\"v\": \"a\", \"id\": 1}, \"schema\": \"r\", \"operation\": \"INSERT\", \"old_record\": null}",
                "t:1|UPDATE|t|{\"table\": \"t\", \"record\": {\"v\": \"b\", \"id\": 1}, \"schema\": \"r\", \"operation\": \"UPDATE\", \"old_record\": {\"v\": \"a\", \"id\": 1}}",
                "t:1|DELETE|t|{\"table\": \"t\", \"record\": null, \"schema\": \"r\", \"operation\": \"DELETE\", \"old_record\": {\"v\": \"b\", \"id\": 1}}"),
                sql.rows("select topic, event, private, payload - 'id' from realtime.messages order by inserted_at"));
        assertThrows(AssertionError.class, () -> sql.run("select realtime.broadcast_changes('t', 'e', 'TRUNCATE', 't', 'r', null, null)"));
        assertThrows(AssertionError.class, () -> sql.run("select realtime.broadcast_changes('t', 'e', 'INSERT', 't', 'r', null, null, 'STATEMENT')"));
    }

    @Test
    void partitionsAreMadeAheadAndDroppedWhenTheirWholeDayIsTooOld() {
        sql.run("create table realtime.messages_2020_01_01 partition of realtime.messages for values from ('2020-01-01') to ('2020-01-02')",
                "create table realtime.messages_2020_01_02 partition of realtime.messages for values from ('2020-01-02') to ('2020-01-03')",
                "insert into realtime.messages (topic, extension, inserted_at) values ('old', 'broadcast', '2020-01-01 12:00'), ('older', 'broadcast', '2019-01-01')");
        assertEquals(Map.of(), lookAfter());
        assertEquals(aroundToday(), days());
        assertEquals("0", sql.value("select count(*) from realtime.messages"));
    }

    @Test
    void whoKeepsAnOldPartitionFromBeingDroppedKeepsNoNewOneFromBeingMade() {
        String ahead = "realtime.messages_" + DAY.format(LocalDate.now(ZoneOffset.UTC).plusDays(3));
        sql.run("create table realtime.messages_2020_01_01 partition of realtime.messages for values from ('2020-01-01') to ('2020-01-02')",
                "drop table " + ahead);
        sql.ask(statement -> {
            statement.getConnection().setAutoCommit(false);
            statement.execute("select from realtime.messages_2020_01_01");
            assertEquals(Set.of("old partitions of realtime.messages can't be dropped"), lookAfter().keySet());
            Set<String> kept = aroundToday();
            kept.add("messages_2020_01_01");
            assertEquals(kept, days());
            statement.getConnection().rollback();
            return null;
        });
        assertEquals(Map.of(), lookAfter());
        assertEquals(aroundToday(), days());
    }

    @Test
    void columnsAndChecksThatAnOperatorAddsAreInNewPartitionsAndRowsAreMovedToThem() {
        String today = "realtime.messages_" + DAY.format(LocalDate.now(ZoneOffset.UTC));
        sql.run("alter table realtime.messages add words int generated always as (length(topic)) stored, add note text default 'none', add check (note <> '')");
        try {
            sql.run("drop table " + today, "select realtime.send('{}', 'ev', 'room')");
            assertEquals(Map.of(), lookAfter());
            assertEquals(today + "|4|none", sql.value("select tableoid::regclass, words, note from realtime.messages"));
            sql.run("select realtime.send('{}', 'ev', 'garden')");
            assertEquals(today + "|6|none", sql.value("select tableoid::regclass, words, note from realtime.messages where topic = 'garden'"));
        } finally {
            sql.run("alter table realtime.messages drop words, drop note");
        }
    }

    private Map<String, String> lookAfter() {
        return partitions.lookAfter().toCompletionStage().toCompletableFuture().orTimeout(20, TimeUnit.SECONDS).join();
    }

    private static Set<String> aroundToday() {
        LocalDate today = LocalDate.now(ZoneOffset.UTC);
        return IntStream.rangeClosed(-1, 3).mapToObj(day -> "messages_" + DAY.format(today.plusDays(day))).collect(Collectors.toCollection(TreeSet::new));
    }

    private Set<String> days() {
        return new TreeSet<>(sql.rows("select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid "
                + "where i.inhparent = 'realtime.messages'::regclass and c.relname like 'messages\\_2%'"));
    }

    @Test
    void aMissingPartitionLosesNothing() {
        String today = "realtime.messages_" + DAY.format(LocalDate.now(ZoneOffset.UTC));
        sql.run("drop table " + today, "select realtime.send('{}', 'ev', 'room')");
        assertEquals("realtime.messages_default", sql.value("select tableoid::regclass from realtime.messages"));
        sql.run("select parley.keep_message_partitions('72 hours')");
        assertEquals(today, sql.value("select tableoid::regclass from realtime.messages"));
        assertEquals("1", sql.value("select count(*) from parley.change_log where schema_name = 'realtime'"));
    }

    @Test
    void theRolesOfASupabaseProjectGetTheirRightsWhenTheyAreThere() {
        sql.run("select parley.grant_realtime()");
        boolean there = sql.value("select exists (select from pg_roles where rolname = 'anon')").equals("t");
        if (!there) {
            sql.run("create role anon");
        }
        try {
            sql.run("select parley.grant_realtime()");
            assertEquals("t|t|t|f|t", sql.value("""
                    select has_schema_privilege('anon', 'realtime', 'usage'), has_table_privilege('anon', 'realtime.messages', 'select'),
                           has_table_privilege('anon', 'realtime.messages', 'insert'), has_table_privilege('anon', 'realtime.messages', 'delete'),
                           has_function_privilege('anon', 'realtime.send(jsonb, text, text, boolean)', 'execute')"""));
            String before = sql.value("select xmin, relacl from pg_class where oid = 'realtime.messages'::regclass");
            sql.run("select parley.grant_realtime()");
            assertEquals(before, sql.value("select xmin, relacl from pg_class where oid = 'realtime.messages'::regclass"));
            assertEquals("0", sql.ask(statement -> {
                statement.execute("set role anon"); // no policy lets it read anything
                var row = statement.executeQuery("select count(*) from realtime.messages");
                row.next();
                String count = row.getString(1);
                statement.execute("reset role");
                return count;
            }));
        } finally {
            if (!there) {
                sql.run("drop owned by anon", "drop role anon");
            }
        }
    }
}
