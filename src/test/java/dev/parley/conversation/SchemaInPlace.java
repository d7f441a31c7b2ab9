package dev.parley.conversation;

import static io.restassured.RestAssured.get;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Lets a test begin when the service has migrated its database, which it does in the background. */
class SchemaInPlace implements BeforeEachCallback {

    @Override
    public void beforeEach(ExtensionContext context) throws InterruptedException {
        Instant deadline = Instant.now().plus(Duration.ofSeconds(60));
        while (get(Api.CONVERSATIONS + "?limit=1").statusCode() == ErrorCode.UNAVAILABLE.status()) {
            if (Instant.now().isAfter(deadline)) {
                throw new AssertionError("no schema after a minute");
            }
            Thread.sleep(20);
        }
    }
}
