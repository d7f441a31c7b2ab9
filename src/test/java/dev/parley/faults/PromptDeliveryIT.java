package dev.parley.faults;

import dev.parley.testing.Api;
import dev.parley.testing.Await;
import dev.parley.testing.Cable;
import dev.parley.testing.Conversations;
import dev.parley.testing.Instance;
import dev.parley.testing.Sql;
import dev.parley.testing.StreamClient;
import dev.parley.testing.TestPostgres;
import java.time.Duration;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** With polls so rare that none helps: what is sent is delivered because it was sent, also where a connection does something for the first time or was away. */
class PromptDeliveryIT {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String NO_POLL = "1h";
    private static final String BACKENDS = "select count(*) from pg_stat_activity where application_name = ?";

    @Test
    void noMessageWaitsForAPoll() throws Exception {
        try (TestPostgres database = TestPostgres.startMigrated();
                Instance instance = Instance.over(database).setting("parley.feed.poll-interval", NO_POLL).setting("parley.feed.notify", "off").start()) {
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

    /** Whoever rings while a doorbell is away, the row is there as soon as it is back: for the one that listens as for the other, which is to be rung over it. */
    @Test
    void noRowWaitsForAPollThoughTheDoorbellWasAwayWhenItCommitted() throws Exception {
        try (TestPostgres database = TestPostgres.startMigrated(); Cable nearCable = new Cable(database.port()); Cable farCable = new Cable(database.port());
                Instance near = rungOver(database, nearCable).begin(); Instance far = rungOver(database, farCable).start()) {
            UUID conversation = Conversations.insert(database, "rung");
            try (StreamClient stream = StreamClient.conversation(conversation).after(0).join(near.awaitReady())) {
                awaitDoorbells(database, 2);
                insert(database, conversation);
                awaitCount(stream, 1);
                Api.of(far).sendNew(conversation, "from the other replica");
                awaitCount(stream, 2);

                whileAway(database, nearCable, () -> insert(database, conversation));
                awaitCount(stream, 3);
                whileAway(database, nearCable, () -> Api.of(far).sendNew(conversation, "while the listener's doorbell is away"));
                awaitCount(stream, 4);
                whileAway(database, farCable, () -> Api.of(far).sendNew(conversation, "while the writer's doorbell is away"));
                awaitCount(stream, 5);

                // a doorbell that breaks at the very moment
                for (int i = 6; i <= 15; i++) {
                    Sql.on(database).run("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'parley-doorbell'");
                    if (i % 2 == 0) {
                        insert(database, conversation);
                    } else {
                        Api.of(far).sendNew(conversation, "message " + i);
                    }
                    awaitCount(stream, i);
                }
                stream.deliveries().assertNoViolation();
            }
        }
    }

    private static Instance.Builder rungOver(TestPostgres database, Cable cable) {
        return Instance.over(database).setting("parley.feed.poll-interval", NO_POLL)
                .setting("parley.feed.listen-url", "postgresql://127.0.0.1:" + cable.port() + "/postgres");
    }

    /** Does something while one of two doorbells has no connection and gets none. */
    private static void whileAway(TestPostgres database, Cable doorbell, Runnable action) {
        awaitDoorbells(database, 2);
        doorbell.cut();
        awaitDoorbells(database, 1);
        action.run();
        doorbell.mend();
    }

    private static void awaitDoorbells(TestPostgres database, long number) {
        Await.until(() -> Sql.on(database).value(BACKENDS, Long.class, "parley-doorbell") == number, PATIENCE, number + " doorbells");
    }

    private static void insert(TestPostgres database, UUID conversation) {
        Sql.on(database).run("insert into messages (conversation_id, content) values (?, 'from outside')", conversation);
    }

    private static void send(Instance instance, StreamClient stream, UUID conversation, int number) {
        UUID id = UUID.randomUUID();
        Await.until(() -> Api.of(instance).send(conversation, id, "message " + number).statusCode() < 300, PATIENCE, "message " + number + " is stored");
        awaitCount(stream, number);
    }

    private static void awaitCount(StreamClient stream, int number) {
        Await.until(() -> stream.deliveries().count() == number, PATIENCE, () -> "message " + number + " is delivered; got " + stream.deliveries().count());
    }
}
