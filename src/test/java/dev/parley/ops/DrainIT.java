package dev.parley.ops;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.parley.testing.Await;
import dev.parley.testing.Http;
import dev.parley.testing.Instance;
import dev.parley.testing.RawWebSocket;
import dev.parley.testing.RawWebSocket.Closed;
import dev.parley.testing.RawWebSocket.Received;
import dev.parley.testing.RawWebSocket.Text;
import dev.parley.testing.Sql;
import dev.parley.testing.TestPostgres;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class DrainIT {

    private static final int SOCKETS = 1_200;
    private static final Duration LONGEST_STOP = Duration.ofSeconds(10);

    @Test
    void aServiceToldToStopSendsItsSocketsAwayAndAnswersWhatItHasBegun() throws Exception {
        try (TestPostgres database = TestPostgres.startMigrated(); Instance service = Instance.over(database).start()) {
            UUID conversation = UUID.randomUUID();
            Sql.on(database).run("insert into conversations(id) values (?)", conversation);
            List<RawWebSocket> sockets = new ArrayList<>();
            for (int i = 0; i < SOCKETS; i++) {
                sockets.add(RawWebSocket.open(service.port(), i % 2 == 0 ? "/ws/feed" : "/ws/conversations/" + conversation));
            }

            CompletableFuture<HttpResponse<String>> begun;
            CompletableFuture<Void> stopped;
            long asked;
            try (var blocker = database.connect()) {
                blocker.setAutoCommit(false);
                Sql.values(blocker, "select id::text from conversations for update", String.class);
                begun = CompletableFuture.supplyAsync(() -> Http.send(
                        "PATCH", service.http("/api/conversations/" + conversation), "{\"subject\":\"begun before the stop\"}"));
                Await.until(() -> Sql.on(database).value("select count(*) from pg_locks where not granted", Long.class) > 0,
                        Duration.ofSeconds(20), "the request waits for the row");

                asked = System.nanoTime();
                stopped = CompletableFuture.runAsync(service::stop);
                Await.until(() -> Http.get(service.http("/q/health/ready")).statusCode() == 503, Duration.ofSeconds(5), "not ready");
                for (int i = 0; i < SOCKETS; i++) {
                    Closed closed = readToTheEnd(sockets.get(i));
                    assertEquals(1012, closed.code(), closed::reason);
                    assertEquals("service restart: reconnect and resume", closed.reason());
                    // the others never answer, as a peer that has gone to sleep
                    if (i % 10 != 0) {
                        sockets.get(i).close();
                    }
                }
                blocker.commit();
            }

            assertEquals(200, begun.get(10, TimeUnit.SECONDS).statusCode(), "the request that was under way");
            stopped.get(30, TimeUnit.SECONDS);
            Duration took = Duration.ofNanos(System.nanoTime() - asked);
            assertTrue(took.compareTo(LONGEST_STOP) < 0, () -> "stopping took " + took);
            assertTrue(service.log().lines().noneMatch(line -> line.contains(" ERROR ")), service::log);
        }
    }

    private static Closed readToTheEnd(RawWebSocket socket) {
        Received received = socket.read();
        while (received instanceof Text) {
            received = socket.read();
        }
        return assertInstanceOf(Closed.class, received);
    }
}
