package dev.parley.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.parley.testing.Api;
import dev.parley.testing.Await;
import dev.parley.testing.Conversations;
import dev.parley.testing.Instance;
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
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** An operator has set defaults for the service's role that suit other programs: sessions are read-only and end when nothing is asked, transactions are short. */
class OwnDefaultsIT {

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final int ROWS = 1_000;

    private static TestPostgres database;
    private static Instance instance;

    @BeforeAll
    static void start() {
        database = TestPostgres.start();
        Sql.on(database).run("create role chat superuser login");
        Sql.on(database).run("alter role chat set default_transaction_read_only = on");
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
