package dev.parley.realtime;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.parley.broadcast.Broadcast;
import dev.parley.database.Connections;
import dev.parley.database.Database;
import dev.parley.testing.Await;
import io.quarkus.test.junit.QuarkusTest;
import io.vertx.core.Future;
import jakarta.inject.Inject;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

@QuarkusTest
class StoredBroadcastsTest {

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final String TOPIC = "stored";

    @Inject
    Database database;

    @Inject
    Connections connections;

    @ConfigProperty(name = "quarkus.datasource.jdbc.url")
    String url;

    @ConfigProperty(name = "quarkus.datasource.username")
    String user;

    @ConfigProperty(name = "quarkus.datasource.password", defaultValue = "postgres")
    String password;

    private StoredBroadcasts stored;

    @BeforeEach
    void open() {
        database.migrated().await().atMost(PATIENCE);
        stored = new StoredBroadcasts(connections, 100);
    }

    @AfterEach
    void close() {
        stored.close();
    }

    @Test
    void whatTheDatabaseDoesNotTakeIsRefusedAtOnceBeyondABound() throws SQLException {
        List<Future<String>> large = new ArrayList<>();
        try (Connection holder = connect()) {
            holder.setAutoCommit(false);
            holder.createStatement().execute("lock table only realtime.messages in share mode");
            for (int i = 0; i < 11; i++) {
                large.add(store("\"" + "x".repeat(3_000_000) + "\""));
            }
            assertTrue(large.get(10).failed(), "33 MB on their way");
            assertFalse(large.get(9).isComplete());
            List<Future<String>> small = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                small.add(store("{}"));
            }
            assertFalse(small.get(0).isComplete(), "there is room for this one");
            assertTrue(small.get(199).failed(), "many small ones count too");
            holder.rollback();
        }
        Await.until(() -> large.stream().allMatch(Future::isComplete), PATIENCE, "all are answered");
        assertTrue(large.subList(0, 10).stream().allMatch(Future::succeeded), large::toString);
        Future<String> next = store("{}");
        Await.until(next::succeeded, PATIENCE, () -> "there is room again, not " + next);
    }

    private Future<String> store(String payload) {
        return stored.store(TOPIC, Broadcast.of("e", payload.getBytes(UTF_8), true, null));
    }

    private Connection connect() throws SQLException {
        PGSimpleDataSource source = new PGSimpleDataSource();
        source.setUrl(url);
        source.setUser(user);
        source.setPassword(password);
        return source.getConnection();
    }
}
