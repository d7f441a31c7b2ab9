package dev.parley.database;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.vertx.core.Vertx;
import io.vertx.pgclient.PgConnectOptions;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class ConnectionsTest {

    /** What PgBouncer takes from anybody. */
    private static final Set<String> TAKEN = Set.of("client_encoding", "datestyle", "timezone", "standard_conforming_strings", "application_name");

    @Test
    void aSessionAsksAtItsStartForNothingThatAPoolerRefuses() {
        Vertx vertx = Vertx.vertx();
        try {
            PgConnectOptions options = TestDatabase.connections(vertx, "postgresql://db/chat", "me", "secret").options("parley-test");
            assertEquals("parley-test", options.getProperties().get("application_name"));
            assertEquals(Map.of(), refused(options));
            // Quarkus makes those of its pool by itself
            assertEquals(Map.of(), refused(Connections.forAnyPooler(new PgConnectOptions(new PgConnectOptions()))));
        } finally {
            vertx.close().toCompletionStage().toCompletableFuture().join();
        }
    }

    private static Map<String, String> refused(PgConnectOptions options) {
        Map<String, String> refused = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        refused.putAll(options.getProperties());
        TAKEN.forEach(refused::remove);
        return refused;
    }
}
