package dev.parley.conversation;

import static io.restassured.RestAssured.get;

import dev.parley.testing.Await;
import java.time.Duration;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Lets a test begin when the service has migrated its database, which it does in the background. */
class SchemaInPlace implements BeforeEachCallback {

    @Override
    public void beforeEach(ExtensionContext context) {
        Await.until(() -> get(Api.CONVERSATIONS + "?limit=1").statusCode() != ErrorCode.UNAVAILABLE.status(),
                Duration.ofSeconds(60), "the schema is in place");
    }
}
