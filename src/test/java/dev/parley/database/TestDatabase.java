package dev.parley.database;

import dev.parley.testing.TestPostgres;
import io.vertx.core.Vertx;
import java.util.List;
import java.util.Optional;

/** A database for tests that need no service around what they test. */
public final class TestDatabase {

    private TestDatabase() {
    }

    public static Connections connections(Vertx vertx, TestPostgres server) {
        return connections(vertx, server.reactiveUrl(), "postgres", "postgres");
    }

    static Connections connections(Vertx vertx, String url, String user, String password) {
        return new Connections(vertx, new Encryption(Optional.empty()), new TlsOffers(vertx), new TlsFiles(vertx), Optional.of(List.of(url)), Optional.of(user),
                Optional.of(password));
    }

    /** One whose schema is said to be in place, with nothing left to be waited for. */
    public static Database inPlace() {
        Database database = new Database();
        database.inPlace();
        database.settle();
        database.settled().await().indefinitely();
        return database;
    }
}
