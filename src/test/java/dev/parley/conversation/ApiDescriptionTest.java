package dev.parley.conversation;

import static io.restassured.RestAssured.get;
import static io.restassured.RestAssured.given;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.hasItems;
import static org.hamcrest.Matchers.notNullValue;

import io.quarkus.test.junit.QuarkusTest;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@QuarkusTest
@ExtendWith(SchemaInPlace.class)
class ApiDescriptionTest {

    @Test
    @SuppressWarnings("unchecked")
    void everyAnswerOfEveryOperationIsDescribedWithAnExample() {
        Map<String, Map<String, Object>> paths = given().accept("application/json").get("/q/openapi").then().statusCode(200)
                .body("info.title", equalTo("Parley")).body("info.version", notNullValue())
                .extract().jsonPath().getMap("paths");
        assertThat(paths.keySet(), hasItems("/api/conversations", "/api/conversations/{id}", "/api/conversations/{id}/messages"));
        int operations = 0;
        for (var path : paths.entrySet()) {
            if (!path.getKey().startsWith("/api/conversations")) {
                continue;
            }
            for (var entry : path.getValue().entrySet()) {
                if (!(entry.getValue() instanceof Map) || entry.getKey().equals("parameters")) {
                    continue;
                }
                operations++;
                Map<String, Object> operation = (Map<String, Object>) entry.getValue();
                String name = entry.getKey() + " " + path.getKey();
                assertThat(name, operation.get("summary"), notNullValue());
                assertThat(name, operation.get("tags"), notNullValue());
                if (!entry.getKey().equals("get")) {
                    hasExample(name + " body", (Map<String, Object>) operation.get("requestBody"));
                }
                Map<String, Map<String, Object>> responses = (Map<String, Map<String, Object>>) operation.get("responses");
                assertThat(name, responses.keySet(), hasItems("400", "403", "406", "500", "503"));
                responses.forEach((status, response) -> hasExample(name + " " + status, response));
            }
        }
        assertThat(operations, equalTo(6));
    }

    @SuppressWarnings("unchecked")
    private static void hasExample(String name, Map<String, Object> part) {
        Map<String, Map<String, Object>> content = (Map<String, Map<String, Object>>) part.get("content");
        assertThat(name, content, notNullValue());
        content.values().forEach(type -> {
            assertThat(name + " has a schema", type.get("schema"), notNullValue());
            assertThat(name + " has an example", ((Map<String, Object>) type.get("examples")).size(), greaterThan(0));
        });
    }

    @Test
    void swaggerUiIsThere() {
        get("/q/swagger-ui/").then().statusCode(200);
    }
}
