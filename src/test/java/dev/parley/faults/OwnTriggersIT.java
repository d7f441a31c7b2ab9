package dev.parley.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.parley.testing.Api;
import dev.parley.testing.Await;
import dev.parley.testing.Conversations;
import dev.parley.testing.Http;
import dev.parley.testing.Instance;
import dev.parley.testing.Json;
import dev.parley.testing.Parallel;
import dev.parley.testing.Sql;
import dev.parley.testing.StreamClient;
import dev.parley.testing.TestPostgres;
import dev.parley.testing.Truth;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An operator puts triggers and constraints of his own on the messages: every send is still answered, and nobody else's suffers. */
class OwnTriggersIT {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private static TestPostgres database;
    private static Instance instance;

    private final List<JsonNode> received = new CopyOnWriteArrayList<>();
    private UUID conversation;

    @BeforeAll
    static void start() {
        database = TestPostgres.startMigrated();
        instance = Instance.over(database).setting("parley.writer.patience", "10s").start();
    }

    @AfterAll
    static void stop() {
        instance.close();
        database.close();
    }

    @BeforeEach
    void newConversation() {
        conversation = Conversations.insert(database, "own triggers");
    }

    /** With the functions go their triggers. */
    @AfterEach
    void undo() {
        Sql.on(database).run("""
                do $$
                declare made regprocedure;
                begin
                  for made in select p.oid from pg_proc p where p.pronamespace = 'public'::regnamespace loop
                    execute format('drop function %s cascade', made);
                  end loop;
                end $$;
                drop index if exists once;
                drop table if exists sent;
                delete from conversations;
                """);
    }

    @Test
    void aMessageThatATriggerTakesAwayIsRefusedAndTheOthersAreStored() throws IOException {
        Sql.on(database).run("""
                create function moderate() returns trigger language plpgsql as $$
                begin if new.content like '%forbidden%' then return null; end if; return new; end $$;
                create trigger moderate before insert on messages for each row execute function moderate();
                """);
        assertRefusedAlone("forbidden");
    }

    @Test
    void aMessageThatATriggerRaisesOverIsRefusedAndTheOthersAreStored() throws IOException {
        Sql.on(database).run("""
                create function moderate() returns trigger language plpgsql as $$
                begin if new.content like '%forbidden%' then raise exception 'no' using errcode = 'MOD01'; end if; return new; end $$;
                create trigger moderate before insert on messages for each row execute function moderate();
                """);
        assertRefusedAlone("forbidden");
    }

    @Test
    void aMessageThatATriggerGivesAnotherIdOrSenderIsRefusedAndNeverStored() throws IOException {
        Sql.on(database).run("""
                create function rename() returns trigger language plpgsql as $$
                begin
                  if new.content like '%forbidden 1' then new.id := gen_random_uuid(); end if;
                  if new.content like '%forbidden 4' then new.sender_id := 'somebody else'; end if;
                  if new.content like '%forbidden 7' then new.conversation_id := (select id from conversations where subject = 'elsewhere'); end if;
                  return new;
                end $$;
                create trigger rename before insert on messages for each row execute function rename();
                """);
        UUID elsewhere = Conversations.insert(database, "elsewhere");
        assertRefusedAlone("forbidden");
        assertEquals(6, Sql.on(database).value("select count(*) from messages", Long.class));
        assertEquals(400, Api.of(instance).send(conversation, UUID.randomUUID(), "alone, and forbidden 1").statusCode());
        Api.of(instance).setStatus(conversation, "closed");
        for (int i = 1; i <= 7; i += 3) {
            assertEquals(400, sendAsAdmin("forbidden " + i).statusCode());
        }
        assertEquals(6, Sql.on(database).value("select count(*) from messages", Long.class));
        assertEquals(1, Api.of(instance).sendNew(elsewhere, "fine").path("seq").asLong());
    }

    @Test
    void aMessageThatAConstraintOfSomebodysRefusesIsAnsweredAndHoldsUpNobody() throws IOException {
        Sql.on(database).run("create unique index once on messages ((content)) where content like '%forbidden%'");
        Sql.on(database).run("insert into messages (conversation_id, content) values (?, 'forbidden 1'), (?, 'forbidden 4'), (?, 'forbidden 7')",
                conversation, conversation, conversation);
        try (StreamClient stream = StreamClient.conversation(conversation).onMessage((message, seq) -> received.add(message)).join(instance)) {
            assertRefusedAlone(stream, "forbidden", "PARLEY-INVALID-MESSAGE");
        }
    }

    @Test
    void sendsGoOnBehindRowsThatCameWhileNoTriggerFired() {
        Api.of(instance).sendNew(conversation, "before");
        Sql.on(database).transaction(connection -> {
            Sql.run(connection, "set local session_replication_role = replica");
            return Sql.run(connection, "insert into messages (conversation_id, seq, content) select ?, n, 'restored' from generate_series(2, 50) n", conversation);
        });
        assertEquals(51, Api.of(instance).sendNew(conversation, "after").path("seq").asLong());
        assertEquals(52, Api.of(instance).sendNew(conversation, "after").path("seq").asLong());
    }

    @Test
    void aTriggerFindsWhatItNamesWithoutASchema() throws IOException {
        Sql.on(database).run("""
                create table sent (sender text primary key, messages int not null);
                create function count_sent() returns trigger language plpgsql as $$
                begin
                  insert into sent values (new.sender_id, 1) on conflict (sender) do update set messages = sent.messages + 1;
                  return new;
                end $$;
                create trigger count_sent before insert on messages for each row execute function count_sent();
                """);
        try (StreamClient stream = StreamClient.conversation(conversation).after(0).onMessage((message, seq) -> received.add(message)).join(instance)) {
            for (int i = 0; i < 20; i++) {
                UUID id = UUID.randomUUID();
                stream.sendMessage(id, "one of twenty");
                if (i < 2) {
                    assertEquals("ack", answer(stream, id).path("type").asText(), "sent by itself");
                }
            }
            Await.until(() -> received.size() == 20, PATIENCE, "all are stored");
        }
        Api.of(instance).setStatus(conversation, "closed");
        assertEquals(201, sendAsAdmin("fine").statusCode());
        assertEquals(21, Sql.on(database).value("select sum(messages)::int from sent", Integer.class));
    }

    @Test
    void aTriggerThatFindsItsTableForSomeMessagesOnlyHoldsUpNobodyElses() throws IOException {
        Sql.on(database).run("""
                create function moderate() returns trigger language plpgsql as $$
                begin
                  if new.content like '%forbidden%' then insert into no_such_table values (new.content); end if;
                  return new;
                end $$;
                create trigger moderate before insert on messages for each row execute function moderate();
                """);
        assertRefusedAlone("forbidden", "PARLEY-UNAVAILABLE");
    }

    @Test
    void aMessageThatATriggerRewritesIsAnsweredAsItIsStored() throws Exception {
        Sql.on(database).run("""
                create function moderate() returns trigger language plpgsql as $$
                begin
                  new.content := replace(new.content, 'forbidden', '***');
                  new.metadata := case when new.content like '%***%' then '{"moderated":true}' else new.metadata end;
                  new.created_at := case when new.content like '%***%' then '2001-02-03 04:05:06Z' else new.created_at end;
                  return new;
                end $$;
                create trigger moderate before insert on messages for each row execute function moderate();
                """);
        assertAnsweredAsStored(Api.of(instance).send(conversation, UUID.randomUUID(), "alone, and forbidden"));
        assertAnsweredAsStored(Api.of(instance).send(conversation, UUID.randomUUID(), "fine"));
        Parallel.run(16, writer -> () -> {
            for (int i = 0; i < 10; i++) {
                assertAnsweredAsStored(Api.of(instance).send(conversation, UUID.randomUUID(), (i % 2 == 0 ? "forbidden " : "fine ") + writer + " " + i));
            }
            return null;
        });
        Api.of(instance).setStatus(conversation, "closed");
        assertAnsweredAsStored(sendAsAdmin("forbidden"));
        assertAnsweredAsStored(sendAsAdmin("fine"));
        assertEquals(82, Sql.on(database).value("select count(*) from messages where content like '%***%' and metadata = '{\"moderated\":true}'", Long.class));
    }

    @Test
    void aTriggersOwnMessageIsNumberedAndDelivered() throws IOException {
        answerEach("create constraint trigger reply after insert on messages deferrable initially deferred");
        assertAnswered();
    }

    @Test
    void aMessageThatATriggerAddsInTheMiddleOfASendIsNumberedAndDelivered() throws IOException {
        Sql.on(database).run("""
                create function reply() returns trigger language plpgsql as $$
                begin
                  insert into public.messages (conversation_id, sender_role, content)
                    select n.conversation_id, 'system', 'got it' from new_rows n where n.sender_role = 'customer';
                  return null;
                end $$;
                create trigger reply after insert on messages referencing new table as new_rows for each statement
                  when (pg_trigger_depth() = 0) execute function reply();
                """);
        assertAnswered();
    }

    @Test
    void aCopyThatATriggerInsertsIsNumberedInItsOwnConversation() throws Exception {
        UUID copies = Conversations.insert(database, "copies");
        Sql.on(database).run("""
                create function copy() returns trigger language plpgsql as $$
                begin
                  if new.sender_role = 'customer' then
                    new.id := gen_random_uuid();
                    new.conversation_id := '%s';
                    new.sender_role := 'system';
                    insert into public.messages values (new.*);
                  end if;
                  return null;
                end $$;
                create trigger copy after insert on messages for each row execute function copy();
                """.formatted(copies));
        try (StreamClient stream = StreamClient.conversation(copies).after(0).join(instance)) {
            Sql.on(database).run("insert into messages (conversation_id, content, sender_role) values (?, 'not copied', 'admin'), (?, 'by psql', 'customer')", conversation, conversation);
            Api api = Api.of(instance);
            api.sendNew(conversation, "alone");
            Parallel.run(4, writer -> () -> {
                for (int i = 0; i < 5; i++) {
                    api.sendNew(conversation, "in batches");
                }
                return null;
            });
            Await.until(() -> stream.deliveries().count() == 22, PATIENCE, () -> "22 copies; came " + stream.deliveries().count());
            stream.deliveries().assertExactly(Truth.messages(database, List.of(copies)));
            assertEquals(22, Sql.on(database).value("select max(seq) from messages where conversation_id = ?", Long.class, copies));
        }
    }

    /** As extensions do that fail, and those that can't reach another server. */
    @ParameterizedTest
    @ValueSource(strings = {"XX000", "08001"})
    void aMessageThatMakesATriggerFailLikeASickServerHoldsUpItsOwnConversationOnly(String state) throws IOException {
        poison(state);
        UUID other = Conversations.insert(database, "other");
        try (StreamClient poisoned = StreamClient.conversation(conversation).after(0).join(instance);
                StreamClient stream = StreamClient.conversation(other).after(0).onMessage((message, seq) -> received.add(message)).join(instance)) {
            UUID poison = UUID.randomUUID();
            poisoned.sendMessage(poison, "poison");
            UUID[] fine = Stream.generate(UUID::randomUUID).limit(20).toArray(UUID[]::new);
            for (UUID id : fine) {
                stream.sendMessage(id, "fine");
            }
            for (UUID id : fine) {
                assertEquals("ack", answer(stream, id).path("type").asText());
            }
            assertNull(poisoned.answer(poison), "others did not wait for it");
            assertEquals("PARLEY-UNAVAILABLE", answer(poisoned, poison).path("code").asText());
        }
    }

    /** Their transactions run beside the one that fails, which they are in by turns. */
    @Test
    void nobodyWaitsForSuchAMessageThoughOthersAreStoredAllTheTime() throws Exception {
        poison("XX000");
        List<UUID> others = Conversations.insert(database, 32);
        AtomicBoolean enough = new AtomicBoolean();
        AtomicLong longest = new AtomicLong();
        try (Instance overlapping = Instance.over(database).setting("parley.writer.batch", "8").setting("parley.writer.overlap", "1")
                .setting("parley.writer.patience", "6s").start()) {
            // a conversation's first message is stored by itself anyway
            Api.of(overlapping).sendNew(conversation, "first");
            Parallel.run(others.size() + 1, i -> i < others.size() ? () -> {
                while (!enough.get()) {
                    long begun = System.nanoTime();
                    assertEquals(201, Api.of(overlapping).send(others.get(i), UUID.randomUUID(), "fine").statusCode());
                    longest.accumulateAndGet(System.nanoTime() - begun, Math::max);
                }
                return null;
            } : () -> {
                Await.until(() -> Sql.on(database).value("select count(*) from messages", Long.class) > 1_000, PATIENCE, "the others are being stored");
                longest.set(0);
                try {
                    assertEquals(503, Api.of(overlapping).send(conversation, UUID.randomUUID(), "poison").statusCode());
                } finally {
                    enough.set(true);
                }
                return null;
            });
        }
        assertTrue(longest.get() < Duration.ofSeconds(3).toNanos(), () -> "one took " + Duration.ofNanos(longest.get()) + ", as if it waited for the other's patience");
    }

    private static void poison(String state) {
        Sql.on(database).run("""
                create function crash() returns trigger language plpgsql as $$
                begin if new.content = 'poison' then raise exception 'as an extension does that fails' using errcode = '%s'; end if; return new; end $$;
                create trigger crash before insert on messages for each row execute function crash();
                """.formatted(state));
    }

    @Test
    void whatAnOrdinaryTriggerAddsFollowsTheMessageThatWasSent() throws IOException {
        answerEach("create trigger reply after insert on messages");
        try (StreamClient stream = StreamClient.conversation(conversation).after(0).onMessage((message, seq) -> received.add(message)).join(instance)) {
            Api.of(instance).sendNew(conversation, "the first, for which there is no counter yet");
            Api.of(instance).sendNew(conversation, "a usual one");
            Api.of(instance).setStatus(conversation, "closed");
            assertEquals(201, sendAsAdmin("into a closed conversation").statusCode());
            Await.until(() -> received.size() == 6, PATIENCE, "messages and answers");
            assertEquals(List.of(1L, 2L, 3L, 4L, 5L, 6L), received.stream().map(message -> message.path("seq").asLong()).toList());
        }
    }

    /** The log has the answers first, and so the reader too: the last number that it got is not the highest. */
    @Test
    void whoFallsBehindAfterATriggersAnswerGetsNothingTwice() throws IOException {
        answerEach("create trigger reply after insert on messages");
        try (StreamClient stream = StreamClient.conversation(conversation).after(0).onMessage((message, seq) -> received.add(message)).join(instance)) {
            Sql.on(database).run("insert into messages (conversation_id, content) select ?, 'question' from generate_series(1, 5)", conversation);
            Await.until(() -> received.size() == 10, PATIENCE, "questions and answers");
            stream.fallBehind(instance, () -> Sql.on(database).run(
                    "insert into messages (conversation_id, content) select ?, repeat('large', 10000) from generate_series(1, 20)", conversation));
            Sql.on(database).run("insert into messages (conversation_id, sender_role, content) values (?, 'system', 'last')", conversation);
            stream.resume();
            Await.until(() -> received.get(received.size() - 1).path("content").asText().equals("last"), PATIENCE, () -> "the last one; got " + received.size());
            long all = Sql.on(database).value("select count(*) from messages where conversation_id = ?", Long.class, conversation);
            assertEquals(LongStream.rangeClosed(1, all).boxed().toList(), received.stream().map(message -> message.path("seq").asLong()).sorted().toList());
        }
    }

    /** And one whose answers came, but not yet the questions before them, begins anew rather than go on behind them. */
    @Test
    void whoFallsBehindBetweenATriggersAnswersAndTheirQuestionsIsTold() throws IOException {
        answerEach("create trigger reply after insert on messages", "repeat('got it', 200000)");
        try (StreamClient stream = StreamClient.conversation(conversation).after(0).onMessage((message, seq) -> received.add(message)).join(instance)) {
            stream.fallBehind(instance, () -> Sql.on(database).run(
                    "insert into messages (conversation_id, content) select ?, 'question' from generate_series(1, 30)", conversation));
            stream.resume();
            stream.awaitResync();
        }
    }

    private static void answerEach(String trigger) {
        answerEach(trigger, "'got it'");
    }

    /**
     * @param trigger that is to be made, up to its table and when it fires
     * @param answer  an expression
     */
    private static void answerEach(String trigger, String answer) {
        Sql.on(database).run("""
                create function reply() returns trigger language plpgsql as $$
                begin
                  if new.sender_role <> 'system' then
                    insert into messages (conversation_id, sender_role, content) values (new.conversation_id, 'system', %s);
                  end if;
                  return null;
                end $$;
                """.formatted(answer) + trigger + " for each row execute function reply()");
    }

    private void assertAnswered() throws IOException {
        try (StreamClient stream = StreamClient.conversation(conversation).after(0).onMessage((message, seq) -> received.add(message)).join(instance)) {
            UUID question = UUID.randomUUID();
            stream.sendMessage(question, "anybody there?");
            assertEquals("ack", answer(stream, question).path("type").asText());
            Await.until(() -> received.size() == 2, PATIENCE, "question and answer reach the stream");
            assertEquals(1, received.get(0).path("seq").asLong());
            assertEquals("got it", received.get(1).path("content").asText());
            assertEquals(2, received.get(1).path("seq").asLong());
        }
    }

    /** A closed conversation is none of the usual cases: each message is judged by itself. */
    private HttpResponse<String> sendAsAdmin(String content) {
        return Http.send("POST", instance.http("/api/conversations/" + conversation + "/messages"),
                Json.object(Map.of("content", content, "sender_id", "grace", "sender_role", "admin")));
    }

    private void assertAnsweredAsStored(HttpResponse<String> answer) {
        assertEquals(201, answer.statusCode(), answer.body());
        JsonNode row = Json.read(answer.body());
        assertEquals(Sql.on(database).value("select to_json(m)::text from messages m, set_config('timezone', 'UTC', false) where id = ?", String.class,
                UUID.fromString(row.path("id").asText())), answer.body());
    }

    private void assertRefusedAlone(String word) throws IOException {
        assertRefusedAlone(word, "PARLEY-INVALID-MESSAGE");
    }

    private void assertRefusedAlone(String word, String code) throws IOException {
        try (StreamClient stream = StreamClient.conversation(conversation).after(0).onMessage((message, seq) -> received.add(message)).join(instance)) {
            assertRefusedAlone(stream, word, code);
        }
    }

    private void assertRefusedAlone(StreamClient stream, String word, String code) throws IOException {
        UUID[] ids = new UUID[9];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = UUID.randomUUID();
            stream.sendMessage(ids[i], i % 3 == 1 ? word + " " + i : "fine " + i);
        }
        for (int i = 0; i < ids.length; i++) {
            assertEquals(i % 3 == 1 ? "error" : "ack", answer(stream, ids[i]).path("type").asText(), "the answer to message " + i + ": " + answer(stream, ids[i]));
        }
        assertEquals(code, answer(stream, ids[1]).path("code").asText());
        Await.until(() -> received.size() == 6, PATIENCE, "the others reach the stream");
    }

    private static JsonNode answer(StreamClient stream, UUID id) {
        Await.until(() -> stream.answer(id) != null, PATIENCE, "the send of " + id + " is answered");
        return stream.answer(id);
    }
}
