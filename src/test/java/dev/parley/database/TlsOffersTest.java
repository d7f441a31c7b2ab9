package dev.parley.database;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.parley.testing.TestPostgres;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.pgclient.SslMode;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class TlsOffersTest {

    @Test
    void aServerWithoutTlsIsGoneToWithoutAndOneThatWasAwayIsAskedAgain() throws Exception {
        Vertx vertx = Vertx.vertx();
        try (TestPostgres database = TestPostgres.start()) {
            TlsOffers offers = new TlsOffers(vertx);
            PgConnectOptions preferring = new PgConnectOptions().setHost("127.0.0.1").setPort(database.port()).setSslMode(SslMode.PREFER).setTrustAll(true);
            database.stop("fast");
            assertThrows(ExecutionException.class, () -> answer(offers.settle(preferring)));
            PgConnectOptions requiring = new PgConnectOptions(preferring).setSslMode(SslMode.REQUIRE);
            assertSame(requiring, answer(offers.settle(requiring)), "asked though nothing is open");

            database.begin();
            assertEquals(SslMode.DISABLE, answer(offers.settle(preferring)).getSslMode());
        } finally {
            answer(vertx.close());
        }
    }

    private static <T> T answer(Future<T> future) throws Exception {
        return future.toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
    }
}
