package dev.parley.conversation;

import static dev.parley.conversation.Api.CONVERSATIONS;
import static dev.parley.conversation.Api.conversation;
import static dev.parley.conversation.Api.messages;
import static dev.parley.conversation.Api.refused;
import static io.restassured.RestAssured.get;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.not;

import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import io.restassured.response.Response;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;

@QuarkusTest
@TestProfile(DatabaseAwayTest.NoDatabase.class)
class DatabaseAwayTest {

    /** Nothing listens on port 1. */
    public static class NoDatabase implements QuarkusTestProfile {
        @Override
        public Map<String, String> getConfigOverrides() {
            return Map.of("quarkus.datasource.reactive.url", "postgresql://localhost:1/postgres",
                    "quarkus.datasource.jdbc.url", "jdbc:postgresql://localhost:1/postgres", "quarkus.datasource.username", "nobody");
        }

        @Override
        public boolean disableGlobalTestResources() {
            return true;
        }
    }

    @Test
    void aDatabaseThatIsAwayIsSaidSo() {
        UUID id = UUID.randomUUID();
        List<Response> answers = List.of(get(CONVERSATIONS), get(conversation(id)), get(messages(id)), Api.send(id, "x"),
                Api.post(CONVERSATIONS, "{}"), Api.patch(conversation(id), "{\"status\":\"open\"}"));
        for (Response answer : answers) {
            assertThat(refused(answer, ErrorCode.UNAVAILABLE).extract().asString(), not(containsString("Exception")));
        }
    }
}
