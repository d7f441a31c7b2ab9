package dev.parley.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
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
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** An operator has set defaults for the service's role that suit other programs: sessions are read-only and end when nothing is asked, transactions are short,
 * commits are not waited for, values are written in other ways. */
class OwnDefaultsIT {

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final int ROWS = 1_000;

    private static TestPostgres database;
    private static Instance instance;

    @BeforeAll
    static void start() {
        database = TestPostgres.start();
        Sql.on(database).run("create role chat superuser login");
        for (String setting : new String[] {"default_transaction_read_only = on", "synchronous_commit = off", "bytea_output = escape", "intervalstyle = iso_8601"}) {
            Sql.on(database).run("alter role chat set " + setting);
        }
        // as far as this server has them
        for (String limit : Sql.on(database).values("select name from pg_settings where name in ('transaction_timeout', 'idle_session_timeout')", String.class)) {
            Sql.on(database).run("alter role chat set " + limit + " = '300ms'");
        }
        instance = Instance.over(database).setting("quarkus.datasource.username", "chat").start();
    }

    @AfterAll
    static void stop() {
        instance.close();
        database.close();
    }

    @Test
    void everythingIsStoredThoughSessionsAreReadOnlyByDefault() throws Exception {
        Api api = Api.of(instance);
        UUID conversation = api.createConversation("read-only");
        api.sendNew(conversation, "alone");
        Parallel.run(16, writer -> () -> {
            for (int i = 0; i < 10; i++) {
                api.sendNew(conversation, "in batches");
            }
            return null;
        });
        api.setStatus(conversation, "closed");
        assertEquals(161, Sql.on(database).value("select count(*) from messages where conversation_id = ?", Long.class, conversation));
    }

    @Test
    void whatIsAnsweredIsFlushedThoughCommitsDoNotWaitByDefault() throws Exception {
        Sql.on(database).run("""
                create table commits (kind text, waits text);
                create function note() returns trigger language plpgsql as $$
                begin
                  insert into public.commits values (tg_table_name || ' ' || tg_op, current_setting('synchronous_commit'));
                  return null;
                end $$;
                create trigger note after insert or update on conversations for each row execute function note();
                create trigger note after insert on messages for each row execute function note();
                """);
        try {
            Api api = Api.of(instance);
            UUID conversation = api.createConversation("flushed");
            api.sendNew(conversation, "alone");
            Parallel.run(4, writer -> () -> api.sendNew(conversation, "in batches"));
            api.setStatus(conversation, "closed");
            assertEquals(List.of("conversations INSERT on", "conversations UPDATE on", "messages INSERT on"),
                    Sql.on(database).values("select distinct kind || ' ' || waits from commits order by 1", String.class));
        } finally {
            Sql.on(database).run("drop function note cascade; drop table commits");
        }
    }

    @Test
    void rowsLookByRestAsTheyDoInStreams() throws Exception {
        Sql.on(database).run("alter table conversations add mark bytea default '\\x00ff', add due interval default '1 day 02:00'");
        try (StreamClient all = StreamClient.global()) {
            List<JsonNode> told = new CopyOnWriteArrayList<>();
            all.onFrame(frame -> {
                if (frame.path("type").asText().equals("conversation")) {
                    told.add(frame.get("conversation"));
                }
            });
            all.join(instance);
            UUID conversation = Api.of(instance).createConversation("looks");
            Await.until(() -> !told.isEmpty(), PATIENCE, "the conversation");
            JsonNode row = Json.read(Http.get(instance.http("/api/conversations/" + conversation)).body());
            assertEquals(List.of("\\x00ff", "1 day 02:00:00"), List.of(row.path("mark").asText(), row.path("due").asText()));
            assertEquals(List.of("\\x00ff", "1 day 02:00:00"), List.of(told.get(0).path("mark").asText(), told.get(0).path("due").asText()));
        } finally {
            Sql.on(database).run("alter table conversations drop mark, drop due");
        }
    }

    @Test
    void whatTakesLongerToReadThanATransactionMayTakeIsDelivered() throws Exception {
        UUID conversation = Conversations.insert(database, "slow");
        try (StreamClient reader = StreamClient.conversation(conversation).after(0).join(instance)) {
            Sql.on(database).transaction(connection -> {
                // a millisecond for each row that is looked at
                Sql.run(connection, "create function parley.slowly() returns boolean language plpgsql volatile as 'begin perform pg_sleep(0.001); return true; end'");
                Sql.run(connection, "alter table parley.change_log rename to rows_of_change_log");
                Sql.run(connection, "create view parley.change_log as select * from parley.rows_of_change_log where parley.slowly()");
                return null;
            });
            try {
                Sql.on(database).run("insert into messages (conversation_id, content) select ?, 'one of many' from generate_series(1, ?)", conversation, ROWS);
                Await.until(() -> reader.deliveries().count() == ROWS, PATIENCE, () -> reader.deliveries().count() + " messages came; closed " + reader.closes());
                reader.deliveries().assertExactly(Truth.messages(database, List.of(conversation)));
            } finally {
                Sql.on(database).transaction(connection -> {
                    Sql.run(connection, "drop view parley.change_log");
                    return Sql.run(connection, "alter table parley.rows_of_change_log rename to change_log");
                });
            }
        }
    }

    @Test
    void sessionsOfWhichNothingIsAskedStay() throws Exception {
        Api api = Api.of(instance);
        api.sendNew(api.createConversation("quiet"), "of the writer and of REST");
        List<Integer> sessions = Sql.on(database).values("select pid from pg_stat_activity where usename = 'chat' order by pid", Integer.class);
        Set<Integer> rested = new TreeSet<>();
        Await.until(() -> {
            rested.addAll(Sql.on(database).values("select pid from pg_stat_activity where usename = 'chat' and state = 'idle' and clock_timestamp() - state_change > '1 s'", Integer.class));
            return rested.size() >= 2;
        }, PATIENCE, () -> rested + " have rested, of " + sessions);
        List<Integer> now = Sql.on(database).values("select pid from pg_stat_activity where usename = 'chat' order by pid", Integer.class);
        assertTrue(now.containsAll(sessions), () -> "there were " + sessions + ", there are " + now);
    }
}
