package dev.parley.realtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.parley.testing.Await;
import dev.parley.testing.ChangeBinding;
import dev.parley.testing.Conversations;
import dev.parley.testing.Instance;
import dev.parley.testing.RealtimeChannel;
import dev.parley.testing.RealtimeClient;
import dev.parley.testing.RealtimeVersion;
import dev.parley.testing.RowChange;
import dev.parley.testing.Sql;
import dev.parley.testing.StreamClient;
import dev.parley.testing.TestPostgres;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Some filters only the database can judge, and now and then it has no session left for that, or they take it too long. */
class JudgeAwayIT {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @Test
    void aChangeThatCouldNotBeJudgedComesOnceItCanBe() throws IOException {
        try (TestPostgres database = TestPostgres.start()) {
            Sql sql = Sql.on(database);
            sql.run("create role limited login superuser password 'limited'");
            try (Instance instance = Instance.over(database).setting("quarkus.datasource.username", "limited")
                    .setting("quarkus.datasource.password", "limited").start();
                    RealtimeClient client = RealtimeClient.of(RealtimeVersion.V2).connect(instance)) {
                UUID conversation = Conversations.insert(database, "judged");
                // a replay has a session to read on: what is missing is one to judge on
                StreamClient.conversation(conversation).after(0).join(instance).close();
                sql.run("alter role limited nosuperuser");
                ChangeBinding judged = ChangeBinding.messages(null).filter("content=ilike.%hello%");
                ChangeBinding plain = ChangeBinding.messages(conversation);
                client.channel("judged").on(judged).join().awaitJoined();
                client.channel("plain").on(plain).join().awaitJoined();

                sql.run("alter role limited connection limit 0");
                for (int i = 0; i < 5; i++) {
                    int sent = i + 1;
                    sql.run("insert into messages (conversation_id, content) values (?, ?)", conversation, "Hello " + i);
                    Await.until(() -> plain.changes().size() == sent, PATIENCE, "the channel that asks nobody goes on");
                }
                assertEquals(List.of(), judged.changes(), "nobody can have judged them");
                sql.run("alter role limited connection limit -1");

                Await.until(() -> judged.changes().size() >= 5, PATIENCE, "what was not judged then is judged now");
                sql.run("insert into messages (conversation_id, content) values (?, 'Hello 5')", conversation);
                Await.until(() -> judged.changes().size() >= 6, PATIENCE, "and what comes now");
                assertEquals(IntStream.range(0, 6).mapToObj(i -> "Hello " + i).toList(),
                        judged.changes().stream().map(RowChange::row).map(row -> row.path("content").asText()).toList());
            }
        }
    }

    /** The regular expressions take forever on such a text, each by itself. Readers' connections last: none of them was the one that did not answer. */
    @Test
    void oneChannelsSlowFiltersHoldUpNobodyElse() throws IOException {
        try (TestPostgres database = TestPostgres.startMigrated();
                Instance instance = Instance.over(database).setting("parley.feed.read-timeout", "1s").start();
                RealtimeClient slow = RealtimeClient.of(RealtimeVersion.V2).connect(instance);
                RealtimeClient other = RealtimeClient.of(RealtimeVersion.V2).connect(instance)) {
            Sql sql = Sql.on(database);
            UUID conversation = Conversations.insert(database, "judged");
            RealtimeChannel channel = slow.channel("slow");
            for (int i = 1; i <= 100; i++) {
                channel.on(ChangeBinding.messages(null).filter("content=match.^(.*)(.*)(.*)(.*)(?:z|y{" + i + "})\\1\\2\\3\\4$"));
            }
            channel.join().awaitJoined();
            ChangeBinding judged = ChangeBinding.messages(null).filter("content=match.^hello");
            other.channel("judged").on(judged).join().awaitJoined();
            StreamClient.conversation(conversation).after(0).join(instance).close();
            List<Integer> readers = readers(sql);
            for (int i = 0; i < 5; i++) {
                int sent = i + 1;
                sql.run("insert into messages (conversation_id, content) values (?, ?), (?, ?)",
                        conversation, "ab".repeat(60) + "z" + "ba".repeat(60), conversation, "hello " + i);
                Await.until(() -> judged.changes().size() == sent, PATIENCE, () -> "hello " + sent + " comes, after " + judged.changes().size());
            }
            assertEquals(5, judged.changes().size());
            assertTrue(readers(sql).containsAll(readers), () -> "the readers' connections were given up: " + readers);
            channel.awaitFrame("being told that its filters can't be judged", frame -> frame.payload().path("message").asText().contains("not_judged"));
        }
    }

    private static List<Integer> readers(Sql sql) {
        return sql.values("select pid from pg_stat_activity where application_name = 'parley-reader' order by 1", Integer.class);
    }
}
