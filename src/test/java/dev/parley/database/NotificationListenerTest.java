package dev.parley.database;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.parley.testing.Await;
import dev.parley.testing.Sql;
import dev.parley.testing.TestPostgres;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgConnectOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class NotificationListenerTest {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final Vertx vertx = Vertx.vertx();

    @Test
    void aServerThatTakesTheConnectionAndSaysNothingIsGivenUpAndLeftAlone() throws IOException {
        try (TestPostgres database = TestPostgres.start(); ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            Connections connections = TestDatabase.connections(vertx, database);
            AtomicInteger attempts = new AtomicInteger();
            List<String> heard = new CopyOnWriteArrayList<>();
            NotificationListener listener = new NotificationListener(connections, vertx, () -> {
                PgConnectOptions options = connections.options("listener");
                return attempts.incrementAndGet() == 1 ? options.setHost("127.0.0.1").setPort(silent.getLocalPort()) : options;
            }, () -> { });
            listener.on("news", heard::add);
            listener.start();
            Await.until(listener::isConnected, PATIENCE, "connected to the server that answers");
            Sql.on(database).run("select pg_notify('news', 'heard')");
            Await.until(() -> !heard.isEmpty(), PATIENCE, "a notification");
            assertEquals(List.of("heard"), heard);
            assertEquals(2, attempts.get());
            try (Socket taken = silent.accept()) {
                taken.setSoTimeout((int) PATIENCE.toMillis());
                taken.getInputStream().readAllBytes(); // up to its end
            }
            listener.close();
        } finally {
            vertx.close().toCompletionStage().toCompletableFuture().join();
        }
    }
}
