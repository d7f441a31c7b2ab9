package dev.parley.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.parley.testing.Await;
import dev.parley.testing.Conversations;
import dev.parley.testing.Instance;
import dev.parley.testing.Json;
import dev.parley.testing.Seed;
import dev.parley.testing.Sql;
import dev.parley.testing.Sql.SqlFailure;
import dev.parley.testing.StreamClient;
import dev.parley.testing.TestPostgres;
import dev.parley.testing.Truth;
import dev.parley.testing.Witness;
import java.io.IOException;
import java.io.StringReader;
import java.sql.Savepoint;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.postgresql.PGConnection;

/** Whoever writes a row, in whatever way SQL allows: it is numbered without a gap, and every stream gets exactly what committed. */
class ForeignWriterIT {

    private static TestPostgres database;
    private static Instance instance;
    private static Witness witness;

    private UUID conversation;

    @BeforeAll
    static void start() throws IOException {
        database = TestPostgres.startMigrated();
        instance = Instance.over(database).start();
        witness = Witness.of(database, instance);
    }

    @AfterAll
    static void stop() {
        witness.close();
        instance.close();
        database.close();
    }

    @BeforeEach
    void newConversation() {
        conversation = Conversations.insert(database, "foreign");
    }

    @Test
    void aRowThatNamesOnlyItsConversationAndContentArrivesWithEveryDefault() {
        insert("hello");
        witness.assertSawExactly(conversation);
        JsonNode row = messages().get(0);
        assertEquals("anonymous", row.get("sender_id").asText());
        assertEquals("customer", row.get("sender_role").asText());
        assertEquals(1, row.get("seq").asLong());
        assertTrue(row.get("metadata").isObject(), row::toString);
    }

    @Test
    void aRolledBackSavepointLeavesNeitherRowNorGap() {
        Sql.on(database).transaction(connection -> {
            Sql.run(connection, "insert into messages (conversation_id, content) values (?, 'kept 1')", conversation);
            Savepoint savepoint = connection.setSavepoint();
            Sql.run(connection, "insert into messages (conversation_id, content) values (?, 'dropped')", conversation);
            connection.rollback(savepoint);
            connection.setSavepoint();
            return Sql.run(connection, "insert into messages (conversation_id, content) values (?, 'kept 2')", conversation);
        });
        assertArrived("kept 1", "kept 2");
    }

    @Test
    void anExceptionBlockThatFailsLeavesNeitherRowNorGap() {
        Sql.on(database).run("""
                do $$
                declare
                  c uuid := '%s';
                begin
                  insert into messages (conversation_id, content) values (c, 'before');
                  begin
                    insert into messages (conversation_id, content) values (c, 'undone');
                    perform 1 / 0;
                  exception when division_by_zero then
                    insert into messages (conversation_id, content) values (c, 'in the handler');
                  end;
                  insert into messages (conversation_id, content) values (c, 'after');
                end $$""".formatted(conversation));
        assertArrived("before", "in the handler", "after");
    }

    @Test
    void aRolledBackTransactionLeavesNeitherRowNorGap() {
        insert("first");
        Sql.on(database).with(connection -> {
            connection.setAutoCommit(false);
            Sql.run(connection, "insert into messages (conversation_id, content) values (?, 'never')", conversation);
            connection.rollback();
            return null;
        });
        insert("second");
        assertArrived("first", "second");
    }

    @Test
    void aPreparedTransactionArrivesWhenItIsCommittedAndNotBefore() {
        String name = "p" + conversation;
        prepare(name, "prepared");
        witness.catchUp();
        assertEquals(List.of(), messages());
        Sql.on(database).run("commit prepared '" + name + "'");
        insert("after it");
        assertArrived("prepared", "after it");
    }

    @Test
    void aPreparedTransactionThatIsRolledBackNeverArrives() {
        String name = "p" + conversation;
        prepare(name, "prepared");
        Sql.on(database).run("rollback prepared '" + name + "'");
        insert("after it");
        assertArrived("after it");
    }

    @Test
    void onConflictDoNothingBurnsNoNumberAndDeliversOnce() {
        UUID id = UUID.randomUUID();
        for (int i = 0; i < 3; i++) {
            Sql.on(database).run("insert into messages (id, conversation_id, content) values (?, ?, 'once') on conflict do nothing", id, conversation);
        }
        Sql.on(database).run("""
                insert into messages (id, conversation_id, content) values (?, ?, 'once'), (?, ?, 'twice in a statement'), (?, ?, 'twice in a statement')
                on conflict (id) do nothing""", id, conversation, conversation, conversation, conversation, conversation);
        insert("next");
        assertArrived("once", "twice in a statement", "next");
    }

    @Test
    void onConflictDoUpdateBurnsNoNumberAndDeliversAnUpdate() {
        UUID id = UUID.randomUUID();
        for (String content : List.of("first", "second")) {
            Sql.on(database).run("""
                    insert into messages (id, conversation_id, content) values (?, ?, ?)
                    on conflict (id) do update set content = excluded.content""", id, conversation, content);
        }
        insert("next");
        witness.assertSawExactly(conversation);
        assertEquals(List.of("message", "message_updated", "message"), types());
        assertNumbered();
    }

    @Test
    void mergeInsertsUpdatesAndDeletes() {
        assumeTrue(database.majorVersion() >= 15, "PostgreSQL 15 is the first with merge");
        insert("to be updated");
        insert("to be deleted");
        insert("untouched");
        Sql.on(database).run("""
                merge into messages m
                using (values (1, 'updated'), (2, null), (null, 'inserted')) v (seq, content)
                on m.conversation_id = '%1$s' and m.seq = v.seq
                when matched and v.content is null then delete
                when matched then update set content = v.content
                when not matched then insert (conversation_id, content) values ('%1$s', v.content)""".formatted(conversation));
        witness.assertSawExactly(conversation);
        assertEquals(Set.of("updated", "untouched", "inserted"), contentsInTable());
        assertEquals(4L, Sql.on(database).value("select max(seq) from messages where conversation_id = ?", Long.class, conversation));
    }

    @Test
    void aSuppliedSeqIsReplacedByTheNextNumber() {
        Sql.on(database).run("insert into messages (conversation_id, seq, content) values (?, 1000, 'a'), (?, -5, 'b'), (?, 1, 'c')",
                conversation, conversation, conversation);
        assertArrived("a", "b", "c");
    }

    @Test
    void aNumberOnceGivenCannotBeChanged() {
        insert("kept");
        UUID other = Conversations.insert(database, "other");
        Map.of("seq", "seq + 1", "id", "gen_random_uuid()", "conversation_id", "'" + other + "'").forEach((column, value) ->
                assertThrows(SqlFailure.class, () -> Sql.on(database)
                        .run("update messages set " + column + " = " + value + " where conversation_id = ?", conversation), column));
        assertArrived("kept");
    }

    @Test
    void copyArrives() {
        StringBuilder rows = new StringBuilder();
        for (int i = 1; i <= 1_000; i++) {
            rows.append(conversation).append("\tcopied ").append(i).append('\n');
        }
        Sql.on(database).with(connection -> {
            try {
                return connection.unwrap(PGConnection.class).getCopyAPI()
                        .copyIn("copy messages (conversation_id, content) from stdin", new StringReader(rows.toString()));
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        });
        witness.assertSawExactly(conversation);
        assertEquals(1_000, messages().size());
        assertNumbered();
    }

    @Test
    void oneStatementMayInsertAConversationAndItsMessages() {
        UUID id = UUID.randomUUID();
        Sql.on(database).run("""
                with c as (insert into conversations (id, subject) values (?, 'both at once') returning id)
                insert into messages (conversation_id, content) select c.id, 'message ' || n from c, generate_series(1, 3) n""", id);
        witness.assertSawExactly(id);
        assertEquals(3, witness.changes(id).stream().filter(change -> change.get("type").asText().equals("message")).count());
        assertEquals(1, witness.changes(id).stream().filter(change -> change.get("type").asText().equals("conversation")).count());
    }

    @Test
    void aDeletedConversationTakesItsMessagesAlongAndSaysSo() {
        insert("one");
        insert("two");
        Sql.on(database).run("delete from conversations where id = ?", conversation);
        witness.assertSawExactly(conversation);
        assertEquals(2, types().stream().filter("message_deleted"::equals).count());
        JsonNode end = witness.changes(conversation).stream()
                .filter(change -> change.get("type").asText().equals("conversation") && change.get("event").asText().equals("DELETE"))
                .findFirst().orElseThrow();
        assertEquals(conversation.toString(), end.get("conversation").get("id").asText());
        assertEquals(0L, Sql.on(database).value("select count(*) from parley.conversation_counter where conversation_id = ?", Long.class, conversation));
    }

    @Test
    void anEditAndADeletionArrive() {
        insert("edited");
        insert("deleted");
        Sql.on(database).run("update messages set content = 'new', metadata = '{\"edited\": true}' where conversation_id = ? and seq = 1", conversation);
        Sql.on(database).run("delete from messages where conversation_id = ? and seq = 2", conversation);
        witness.assertSawExactly(conversation);
        assertEquals(List.of("message", "message", "message_updated", "message_deleted"), types());
        insert("numbers of deleted messages do not come again");
        assertEquals(3L, Sql.on(database).value("select max(seq) from messages where conversation_id = ?", Long.class, conversation));
    }

    @Test
    void whoResumesHasAMessageThatWasDeletedAndMadeAgainMeanwhile() throws IOException {
        Sql.on(database).run("alter table messages add extra json");
        insert("deleted");
        UUID again = UUID.randomUUID();
        String make = "insert into messages (id, conversation_id, content) values (?, ?, ?)";
        Sql.on(database).run(make, again, conversation, "first");
        List<String> frames = new CopyOnWriteArrayList<>();
        try (StreamClient stream = StreamClient.conversation(conversation).after(0)) {
            stream.onFrame(frame -> {
                if (frame.path("type").asText().startsWith("message")) {
                    frames.add(frame.path("type").asText() + " " + frame.path("message").path("content").asText());
                }
            });
            stream.join(instance);
            Await.until(() -> frames.size() == 2, Duration.ofSeconds(30), () -> "both messages; came " + frames);
            stream.disconnect();
            frames.clear();
            // what PostgreSQL itself can't take apart
            Sql.on(database).run("update messages set content = 'edited', extra = '{\"a\": \"\\u0000\"}' where id = ?", again);
            Sql.on(database).run("delete from messages where id = ?", again);
            Sql.on(database).run(make, again, conversation, "once more");
            Sql.on(database).run("update messages set content = 'edited since' where id = ?", again);
            Sql.on(database).run("delete from messages where conversation_id = ? and seq = 1", conversation);
            stream.join(instance);
            assertEquals(List.of("message edited since", "message_updated edited since", "message_deleted "), frames);
        } finally {
            Sql.on(database).run("alter table messages drop extra");
        }
    }

    @Test
    void theWritersSessionSettingsDoNotLeakIntoTheRecordAndStayWhatTheyWere() {
        // all in one statement: the driver gives a connection up whose date style it does not know
        assumeTrue(database.majorVersion() >= 14, "PostgreSQL 13 tells the driver amid the statement");
        Sql.on(database).run("""
                do $$
                begin
                  set local timezone = 'Asia/Kathmandu'; set local datestyle = 'SQL, DMY'; set local intervalstyle = 'sql_standard';
                  set local extra_float_digits = -10; set local bytea_output = 'escape';
                  insert into messages (conversation_id, content, metadata) values ('%s', 'far away', '{"a": 1.23456789012345}');
                  if (current_setting('timezone'), current_setting('datestyle'), current_setting('intervalstyle'), current_setting('extra_float_digits'),
                      current_setting('bytea_output')) <> ('Asia/Kathmandu', 'SQL, DMY', 'sql_standard', '-10', 'escape') then
                    raise 'the session is not what it was';
                  end if;
                  set local timezone = 'UTC'; set local datestyle = 'ISO, MDY'; set local intervalstyle = 'postgres';
                end $$""".formatted(conversation));
        witness.assertSawExactly(conversation);
        assertTrue(messages().get(0).get("created_at").asText().endsWith("+00:00"), messages()::toString);
    }

    @Test
    void aWriterWithoutAnyRightOnTheInternalsMayInsert() {
        String role = "w" + conversation.toString().replace("-", "");
        Sql.on(database).run("create role " + role);
        Sql.on(database).run("grant insert on messages to " + role);
        Sql.on(database).with(connection -> {
            Sql.run(connection, "set role " + role);
            return Sql.run(connection, "insert into messages (conversation_id, content) values (?, 'by a poor writer')", conversation);
        });
        assertArrived("by a poor writer");
    }

    @Test
    void aWriterWithAHostileSearchPathChangesNothing() {
        Sql.on(database).with(connection -> {
            Sql.run(connection, "create temp table change_log (id int)");
            Sql.run(connection, "create temp table conversation_counter (conversation_id uuid, last_seq bigint default 99)");
            Sql.run(connection, "set search_path = pg_temp, public");
            return Sql.run(connection, "insert into public.messages (conversation_id, content) values (?, 'as ever')", conversation);
        });
        assertArrived("as ever");
    }

    /** The triggers run with the owner's rights: nothing that a writer puts before the system's own functions and operators may run with them. */
    @Test
    void aWritersOwnOperatorsAndFunctionsAreNotCalledByTheTriggers() {
        String schema = "evil_" + conversation.toString().replace("-", "");
        Sql.on(database).run("""
                create schema %1$s;
                create function %1$s.wrong(text, text) returns boolean language plpgsql as $$ begin raise 'called'; end $$;
                create function %1$s.wrong(bigint, bigint) returns boolean language plpgsql as $$ begin raise 'called'; end $$;
                create function %1$s.wrong(uuid, uuid) returns boolean language plpgsql as $$ begin raise 'called'; end $$;
                create function %1$s.more(bigint, integer) returns bigint language plpgsql as $$ begin raise 'called'; end $$;
                create operator %1$s.= (leftarg = text, rightarg = text, function = %1$s.wrong);
                create operator %1$s.<> (leftarg = text, rightarg = text, function = %1$s.wrong);
                create operator %1$s.= (leftarg = bigint, rightarg = bigint, function = %1$s.wrong);
                create operator %1$s.<> (leftarg = bigint, rightarg = bigint, function = %1$s.wrong);
                create operator %1$s.= (leftarg = uuid, rightarg = uuid, function = %1$s.wrong);
                create operator %1$s.+ (leftarg = bigint, rightarg = integer, function = %1$s.more);
                create operator %1$s.- (leftarg = bigint, rightarg = integer, function = %1$s.more);
                create function %1$s.to_json(anyelement) returns json language plpgsql as $$ begin raise 'called'; end $$;
                create function %1$s.current_setting(text, boolean) returns text language plpgsql as $$ begin raise 'called'; end $$;
                create function %1$s.pg_notify(text, text) returns void language plpgsql as $$ begin raise 'called'; end $$;
                create function %1$s.concat(variadic text[]) returns text language plpgsql as $$ begin raise 'called'; end $$;
                create domain %1$s.text as pg_catalog.text check (value is null);
                create domain %1$s.json as pg_catalog.json check (value is null);
                """.formatted(schema));
        UUID id = UUID.randomUUID();
        Sql.on(database).with(connection -> {
            Sql.run(connection, "set search_path = " + schema + ", pg_catalog, public");
            Sql.run(connection, "insert into public.messages (id, conversation_id, content) values (?, ?, 'as ever')", id, conversation);
            Sql.run(connection, "insert into public.messages (id, conversation_id, content) values (?, ?, 'again') on conflict (id) do nothing", id, conversation);
            Sql.run(connection, "update public.messages set content = 'changed' where id operator(pg_catalog.=) ?", id);
            return Sql.run(connection, "insert into public.messages (conversation_id, content) values (?, 'and more')", conversation);
        });
        assertArrived("as ever", "and more"); // and the change, which the witness does not count
    }

    @Test
    void anIdThatIsThereDoesNotMoveItsConversationToTheTop() {
        UUID id = UUID.randomUUID();
        Sql.on(database).run("insert into messages (id, conversation_id, content, created_at) values (?, ?, 'once', '2020-01-01Z')", id, conversation);
        Sql.on(database).run("insert into messages (id, conversation_id, content) values (?, ?, 'again') on conflict do nothing", id, conversation);
        assertEquals(true, Sql.on(database).value("""
                select last_message_at = '2020-01-01Z' and last_seq = 1 from parley.conversation_counter where conversation_id = ?""", Boolean.class, conversation));
    }

    @Test
    void anyTextThatTheDatabaseTakesArrivesUnchanged() {
        insert("quotes \" and \\ and \n\t\u0001 and 𝄞 and \u2028 and אב and \uFFFD");
        insert("");
        witness.assertSawExactly(conversation);
    }

    @Test
    void concurrentWritersOfOneIdYieldOneRow() throws InterruptedException {
        UUID id = UUID.randomUUID();
        List<Thread> writers = java.util.stream.IntStream.range(0, 8).mapToObj(i -> new Thread(() -> Sql.on(database).run("""
                insert into messages (id, conversation_id, content) values (?, ?, 'one of eight') on conflict (id) do nothing""", id, conversation))).toList();
        writers.forEach(Thread::start);
        for (Thread writer : writers) {
            writer.join();
        }
        insert("next");
        assertArrived("one of eight", "next");
    }

    @Test
    void aTruncatedTableSaysResyncAndTheStreamGoesOn() throws IOException {
        insert("gone soon");
        try (StreamClient global = StreamClient.global().join(instance);
                StreamClient single = StreamClient.conversation(conversation).join(instance)) {
            Sql.on(database).run("truncate messages");
            for (StreamClient stream : List.of(global, single)) {
                stream.awaitResync();
                Await.until(() -> stream.frames("live").size() == 2, Duration.ofSeconds(10), "live again");
            }
            insert("after the truncation");
            for (StreamClient stream : List.of(global, single)) {
                Await.until(() -> stream.deliveries().count() == 1, Duration.ofSeconds(10), "the next message");
                assertEquals(List.of(), stream.closes());
            }
        }
    }

    @Test
    void messagesThatCameWhileNoTriggerFiredAreCaughtUpWithBesideAnOpenWriter() {
        Sql sql = Sql.on(database);
        insert("numbered");
        sql.with(connection -> {
            Sql.run(connection, "set session_replication_role = replica");
            return Sql.run(connection, "insert into messages (conversation_id, seq, content, created_at) select ?, n, 'unseen', '2100-01-01Z' from generate_series(2, 5) n", conversation);
        });
        assertEquals("23505", assertThrows(SqlFailure.class, () -> insert("in the way")).state());
        UUID other = Conversations.insert(database, "of an open writer");
        sql.transaction(connection -> {
            Sql.run(connection, "insert into messages (conversation_id, content) values (?, 'open')", other);
            return sql.with(another -> {
                Sql.run(another, "set lock_timeout = '5s'");
                assertEquals(List.of(1L), Sql.values(another, "select parley.catch_up_numbers()", Long.class));
                assertEquals(List.of(0L), Sql.values(another, "select parley.catch_up_numbers()", Long.class));
                return null;
            });
        });
        insert("next");
        assertEquals(List.of(6L), sql.values("select seq from messages where conversation_id = ? and content = 'next'", Long.class, conversation));
        assertEquals(true, sql.value("select last_seq = 6 and last_message_at = '2100-01-01Z' from parley.conversation_counter where conversation_id = ?", Boolean.class,
                conversation));
    }

    @Test
    void conversationsMayHaveColumnsOfTypesWithoutEquality() {
        Sql sql = Sql.on(database);
        sql.run("alter table conversations add column extra json, add column place point, add column page xml");
        try {
            String touched = "select updated_at > '2020-01-01Z' from conversations where id = ?";
            sql.run("update conversations set updated_at = '2020-01-01Z' where id = ?", conversation);
            sql.run("update conversations set subject = subject where id = ?", conversation);
            assertEquals(false, sql.value(touched, Boolean.class, conversation), "nothing has changed");
            sql.run("update conversations set extra = '1', place = '(1,2)' where id = ?", conversation);
            assertEquals(true, sql.value(touched, Boolean.class, conversation));
        } finally {
            sql.run("alter table conversations drop column extra, drop column place, drop column page");
        }
    }

    @Test
    void aWatchedTableMayHaveColumnsOfAnyName() {
        Sql sql = Sql.on(database);
        sql.run("create table awkward (n int, new_rows text, old_rows text, record json, tg_op text, tg_argv text, logged text, operation text)");
        sql.run("select parley.watch('awkward')");
        sql.run("insert into awkward (n, record) values (1, '{\"nul\": \"\\u0000\"}')");
        sql.run("update awkward set n = 2, logged = 'x'");
        sql.run("delete from awkward");
        assertEquals(List.of("INSERT", "UPDATE", "DELETE"),
                sql.values("select operation from parley.change_log where table_name = 'awkward' order by id", String.class));
        assertEquals(List.of("1", "2", "2"), sql.values("""
                select substring(coalesce(record, old_record)::text from '"n":(\\d)') from parley.change_log where table_name = 'awkward' order by id""", String.class));
    }

    @Test
    void directInsertsIntoAPartitionAreLoggedUnderTheRootsName() {
        Sql sql = Sql.on(database);
        sql.run("create table rooted (n int) partition by list (n)");
        sql.run("create table rooted_1 partition of rooted for values in (1)");
        sql.run("create table rooted_2 partition of rooted for values in (2)");
        sql.run("select parley.watch('rooted')");
        sql.run("insert into rooted values (1), (2)");
        sql.run("insert into rooted_1 values (1)");
        sql.run("update rooted set n = 2 where n = 1");
        assertEquals(List.of("rooted", "rooted", "rooted", "rooted", "rooted"), sql.values(
                "select table_name from parley.change_log where table_name like 'rooted%' order by id", String.class));
    }

    @Test
    void inATransactionOfManyStepsAndSavepointsEachConversationIsNumberedWithoutGap() {
        Random random = Seed.stream(Seed.of(ForeignWriterIT.class), 0);
        UUID sameEnd = UUID.fromString(UUID.randomUUID().toString().substring(0, 34) + conversation.toString().substring(34));
        Sql.on(database).run("insert into conversations (id, subject) values (?, 'ends alike')", sameEnd);
        List<UUID> conversations = List.of(conversation, sameEnd, Conversations.insert(database, "another"));
        List<UUID> known = new ArrayList<>();
        Sql.on(database).transaction(connection -> {
            Deque<Savepoint> savepoints = new ArrayDeque<>();
            for (int step = 0; step < 400; step++) {
                UUID to = conversations.get(random.nextInt(conversations.size()));
                int kind = random.nextInt(10);
                if (kind == 0) {
                    savepoints.push(connection.setSavepoint());
                } else if (kind == 1 && !savepoints.isEmpty()) {
                    connection.rollback(savepoints.pop());
                } else if (kind == 2 && !savepoints.isEmpty()) {
                    connection.releaseSavepoint(savepoints.pop());
                } else if (kind == 3 && !known.isEmpty()) {
                    Sql.run(connection, "insert into messages (id, conversation_id, content) values (?, ?, 'again') on conflict (id) do nothing",
                            known.get(random.nextInt(known.size())), to);
                } else {
                    known.add(UUID.randomUUID());
                    Sql.run(connection, "insert into messages (id, conversation_id, content) values (?, ?, 'new'), (gen_random_uuid(), ?, 'beside')",
                            known.get(known.size() - 1), to, conversations.get(random.nextInt(conversations.size())));
                }
            }
            return null;
        });
        conversations.forEach(witness::assertSawExactly);
        Truth.assertNumberedWithoutGap(Truth.messages(database, conversations));
    }

    @Test
    void aMessageCostsNoMoreForTheOthersThatItsTransactionBringsToTheSameConversation() {
        pagesForEach(conversation, 500); // whatever is done once
        double few = pagesForEach(conversation, 500);
        double many = pagesForEach(conversation, 8_000);
        assertTrue(many < 2 * few, () -> "pages for each of 500 and of 8,000 messages: " + few + ", " + many);
    }

    /** Pages that PostgreSQL looked at for each message of one statement; what it costs in time would depend on the machine. */
    private static double pagesForEach(UUID conversation, int messages) {
        return Sql.on(database).with(connection -> {
            List<String> plan = Sql.rows(connection, """
                    explain (analyze, buffers, timing off, format json)
                    insert into messages (conversation_id, content) select '%s', 'of many' from generate_series(1, %d)""".formatted(conversation, messages));
            JsonNode root = Json.read(plan.get(0)).get(0).get("Plan");
            return (root.get("Shared Hit Blocks").asDouble() + root.get("Shared Read Blocks").asDouble()) / messages;
        });
    }

    private void prepare(String name, String content) {
        Sql.on(database).with(connection -> {
            connection.setAutoCommit(false);
            // PREPARE TRANSACTION refuses a transaction that has notified.
            Sql.run(connection, "set local parley.quiet = on");
            Sql.run(connection, "insert into messages (conversation_id, content) values (?, ?)", conversation, content);
            return Sql.run(connection, "prepare transaction '" + name + "'");
        });
    }

    private void insert(String content) {
        Sql.on(database).run("insert into messages (conversation_id, content) values (?, ?)", conversation, content);
    }

    private void assertArrived(String... contents) {
        witness.assertSawExactly(conversation);
        assertEquals(List.of(contents), messages().stream().map(row -> row.get("content").asText()).toList());
        assertNumbered();
    }

    private void assertNumbered() {
        Truth.assertNumberedWithoutGap(Truth.messages(database, List.of(conversation)));
    }

    private List<JsonNode> messages() {
        return witness.changes(conversation).stream().filter(change -> change.get("type").asText().equals("message"))
                .map(change -> change.get("message")).toList();
    }

    private List<String> types() {
        return witness.changes(conversation).stream().map(change -> change.get("type").asText()).filter(type -> type.startsWith("message")).toList();
    }

    private Set<String> contentsInTable() {
        return Sql.on(database).values("select content from messages where conversation_id = ?", String.class, conversation).stream()
                .collect(Collectors.toSet());
    }
}
