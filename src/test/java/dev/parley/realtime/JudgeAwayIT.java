package dev.parley.realtime;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.parley.testing.Await;
import dev.parley.testing.ChangeBinding;
import dev.parley.testing.Conversations;
import dev.parley.testing.Instance;
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

/** Some filters only the database can judge, and now and then it has no session left for that. */
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
}
