package dev.parley.database;

import dev.parley.testing.TestPostgres;
import io.vertx.core.Vertx;
import java.util.List;
import java.util.Optional;

/** Connections to a test's own server, without a service around them. */
public final class TestConnections {

    private TestConnections() {
    }

    public static Connections to(TestPostgres server, Vertx vertx) {
        return new Connections(vertx, Optional.of(List.of(server.reactiveUrl())), Optional.of("postgres"), Optional.empty());
    }
}
