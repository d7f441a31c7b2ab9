package dev.parley.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.parley.testing.Await;
import dev.parley.testing.Conversations;
import dev.parley.testing.Http;
import dev.parley.testing.Instance;
import dev.parley.testing.Load;
import dev.parley.testing.PgBouncer;
import dev.parley.testing.Readers;
import dev.parley.testing.RealtimeChannel;
import dev.parley.testing.RealtimeClient;
import dev.parley.testing.RealtimeVersion;
import dev.parley.testing.Seed;
import dev.parley.testing.Sql;
import dev.parley.testing.TestPostgres;
import dev.parley.testing.Truth;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer.OrderAnnotation;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/** A real PgBouncer between service and database. In session mode all promises hold; in transaction mode none could, and the service says so instead of starting. */
@TestMethodOrder(OrderAnnotation.class) // the first leaves the schema to the last
class PoolerIT {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String REASON = "through a pooler that gives each transaction another session";

    private static TestPostgres database;

    @BeforeAll
    static void start() {
        assumeTrue(PgBouncer.program().isPresent(), "no pgbouncer: what stands between service and database is not tested");
        database = TestPostgres.start();
    }

    @AfterAll
    static void stop() {
        if (database != null) {
            database.close();
        }
    }

    @Test
    @Order(1)
    void inSessionModeEveryMessageAndEveryBroadcastArrivesOnceThoughThePoolerIsKilled() throws IOException {
        try (PgBouncer pooler = PgBouncer.over(database, "session"); Instance one = behind(pooler).begin(); Instance other = behind(pooler).begin()) {
            List<Instance> instances = List.of(one, other);
            instances.forEach(Instance::awaitReady);
            List<UUID> conversations = Conversations.insert(database, 10);
            try (Readers readers = Readers.join(instances, conversations, 1);
                    Load load = Load.to(conversations, Seed.of(getClass())).rest(2, instances).socket(2, instances).sql(2, database, 1).pause(Duration.ofMillis(5)).start();
                    RealtimeClient sender = RealtimeClient.of(RealtimeVersion.V1); RealtimeClient receiver = RealtimeClient.of(RealtimeVersion.V1)) {
                Await.until(() -> load.acknowledged().size() >= 200, PATIENCE, () -> load.acknowledged().size() + " of 200 are stored");
                pooler.kill();
                pooler.begin();
                instances.forEach(Instance::awaitReady);
                RealtimeChannel from = sender.connect(one).channel("room").join().awaitJoined();
                RealtimeChannel to = receiver.connect(other).channel("room").join().awaitJoined();
                Await.until(() -> {
                    from.broadcast("ready?", JsonNodeFactory.instance.objectNode()); // the replicas may have just found each other
                    return !to.frames("broadcast").isEmpty();
                }, PATIENCE, "a broadcast crosses");
                for (int i = 0; i < 20; i++) {
                    from.broadcast("count", JsonNodeFactory.instance.objectNode().put("n", i));
                }
                to.awaitBroadcast("count", JsonNodeFactory.instance.objectNode().put("n", 19));
                assertEquals(20, to.frames("broadcast").stream().filter(frame -> frame.payload().get("event").asText().equals("count")).count());
                load.stop();
                readers.assertExactly(Truth.messages(database, conversations), PATIENCE);
                Truth.assertHolds(load.acknowledged(), Truth.messages(database, conversations));
                readers.assertUndisturbed();
            }
        }
    }

    @Test
    @Order(2)
    void inTransactionModeItSaysWhatIsWrongAndLeavesTheSessionsOfOthersAsTheyWere() throws SQLException {
        try (PgBouncer pooler = PgBouncer.over(database, "transaction"); Instance refused = behind(pooler).begin()) {
            awaitReason(refused);
            assertUntouched(pooler);
        }
    }

    @Test
    @Order(3)
    void noMigrationIsNeededToFindOut() throws SQLException {
        if (!Sql.on(database).value("select to_regclass('parley.feed') is not null", Boolean.class)) {
            try (Instance migrates = Instance.over(database).start()) {
                migrates.stop();
            }
        }
        try (PgBouncer pooler = PgBouncer.over(database, "transaction");
                Instance refused = Instance.over(database).setting("quarkus.datasource.reactive.url", "postgresql://" + pooler.address()).begin()) {
            awaitReason(refused);
            assertUntouched(pooler);
        }
    }

    private static Instance.Builder behind(PgBouncer pooler) {
        return Instance.over(database).setting("quarkus.datasource.jdbc.url", "jdbc:postgresql://" + pooler.address())
                .setting("quarkus.datasource.reactive.url", "postgresql://" + pooler.address());
    }

    private static void awaitReason(Instance refused) {
        Await.until(() -> {
            assertFalse(isReady(refused));
            return refused.log().contains(REASON);
        }, PATIENCE, () -> "the log says why: " + refused.log());
    }

    private static boolean isReady(Instance instance) {
        try {
            return Http.get(instance.http("/q/health/ready")).statusCode() == 200;
        } catch (RuntimeException notYet) {
            return false;
        }
    }

    private static void assertUntouched(PgBouncer pooler) throws SQLException {
        try (Connection connection = pooler.connect()) {
            assertEquals(List.of("off|\"$user\", public|0"), Sql.rows(connection, """
                    select current_setting('default_transaction_read_only'), current_setting('search_path'), (select count(*) from pg_prepared_statements where name !~ '^S_')"""));
        }
    }
}
