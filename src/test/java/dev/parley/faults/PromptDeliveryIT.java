package dev.parley.faults;

import dev.parley.testing.Api;
import dev.parley.testing.Await;
import dev.parley.testing.Conversations;
import dev.parley.testing.Instance;
import dev.parley.testing.Sql;
import dev.parley.testing.StreamClient;
import dev.parley.testing.TestPostgres;
import java.time.Duration;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** With polls so rare that none helps: what is sent is delivered because it was sent, also where a connection does something for the first time. */
class PromptDeliveryIT {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @Test
    void noMessageWaitsForAPoll() throws Exception {
        try (TestPostgres database = TestPostgres.start();
                Instance instance = Instance.over(database).setting("parley.feed.poll-interval", "1h").setting("parley.feed.notify", "off").start()) {
            UUID conversation = Conversations.insert(database, "prompt");
            try (StreamClient stream = StreamClient.conversation(conversation).after(0).join(instance)) {
                for (int i = 1; i <= 20; i++) {
                    send(instance, stream, conversation, i);
                }
                // the tail comes back on a new connection, where no statement is prepared
                Sql.on(database).run("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'parley-tail'");
                for (int i = 21; i <= 40; i++) {
                    send(instance, stream, conversation, i);
                }
                stream.deliveries().assertNoViolation();
            }
        }
    }

    private static void send(Instance instance, StreamClient stream, UUID conversation, int number) {
        UUID id = UUID.randomUUID();
        Await.until(() -> Api.of(instance).send(conversation, id, "message " + number).statusCode() < 300, PATIENCE, "message " + number + " is stored");
        Await.until(() -> stream.deliveries().count() == number, PATIENCE, "message " + number + " is delivered");
    }
}
