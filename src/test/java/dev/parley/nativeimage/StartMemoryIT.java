package dev.parley.nativeimage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.parley.testing.Await;
import dev.parley.testing.Http;
import dev.parley.testing.Instance;
import dev.parley.testing.TestPostgres;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class StartMemoryIT {

    private static final long MEGABYTE = 1 << 20;
    /** A JVM has its own ways, and its limit is that of the tests' instances. */
    private static final long LIMIT = (Instance.isNative() ? 50 : 400) * MEGABYTE;

    @Test
    void soonAfterTheStartAnIdleServiceHoldsLittleMemoryAndAnswersAsBefore() {
        try (TestPostgres database = TestPostgres.start(); Instance service = Instance.over(database).start()) {
            Await.until(() -> service.residentBytes() > 0 && service.residentBytes() < LIMIT, Duration.ofSeconds(20), () -> service.residentBytes() / MEGABYTE + " MB");
            assertEquals(200, Http.get(service.http("/q/health/ready")).statusCode());
            // asked for the first time only now, and so put together only now
            assertTrue(Http.get(service.http("/q/openapi?format=json")).body().contains("/api/conversations/{id}/messages"));
        }
    }
}
