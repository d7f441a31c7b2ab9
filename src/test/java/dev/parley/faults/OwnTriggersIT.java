package dev.parley.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import dev.parley.testing.Await;
import dev.parley.testing.Conversations;
import dev.parley.testing.Instance;
import dev.parley.testing.Sql;
import dev.parley.testing.StreamClient;
import dev.parley.testing.TestPostgres;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** An operator puts triggers of his own on the messages: every send is still answered, and nobody else's suffers. */
class OwnTriggersIT {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private TestPostgres database;
    private Instance instance;
    private final List<JsonNode> received = new CopyOnWriteArrayList<>();
    private UUID conversation;

    @BeforeEach
    void start() {
        database = TestPostgres.start();
        instance = Instance.over(database).start();
        conversation = Conversations.insert(database, "own triggers");
    }

    @AfterEach
    void stop() {
        instance.close();
        database.close();
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
    void aTriggersOwnMessageIsNumberedAndDelivered() throws IOException {
        Sql.on(database).run("""
                create function reply() returns trigger language plpgsql as $$
                begin
                  if new.sender_role = 'customer' then
                    insert into messages (conversation_id, sender_role, content) values (new.conversation_id, 'system', 'got it');
                  end if;
                  return null;
                end $$;
                create constraint trigger reply after insert on messages deferrable initially deferred for each row execute function reply();
                """);
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

    private void assertRefusedAlone(String word) throws IOException {
        try (StreamClient stream = StreamClient.conversation(conversation).after(0).onMessage((message, seq) -> received.add(message)).join(instance)) {
            UUID[] ids = new UUID[9];
            for (int i = 0; i < ids.length; i++) {
                ids[i] = UUID.randomUUID();
                stream.sendMessage(ids[i], i % 3 == 1 ? word + " " + i : "fine " + i);
            }
            for (int i = 0; i < ids.length; i++) {
                assertEquals(i % 3 == 1 ? "error" : "ack", answer(stream, ids[i]).path("type").asText(), "the answer to message " + i);
            }
            assertEquals("PARLEY-INVALID-MESSAGE", answer(stream, ids[1]).path("code").asText());
            Await.until(() -> received.size() == 6, PATIENCE, "the others reach the stream");
        }
    }

    private static JsonNode answer(StreamClient stream, UUID id) {
        Await.until(() -> stream.answer(id) != null, PATIENCE, "the send of " + id + " is answered");
        return stream.answer(id);
    }
}
