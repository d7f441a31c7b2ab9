package dev.parley.conversation;

import static io.restassured.RestAssured.get;
import static io.restassured.RestAssured.given;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.anyOf;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.hasItems;
import static org.hamcrest.Matchers.notNullValue;

import io.quarkus.test.junit.QuarkusTest;
import io.restassured.path.json.JsonPath;
import io.vertx.core.json.Json;
import java.util.List;
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
    void theExamplesWorkWhenTheyAreSent() {
        JsonPath description = description();
        String conversation = example(description, "/api/conversations", "post", "requestBody", "new_conversation");
        String id = Api.post(Api.CONVERSATIONS, conversation).then().statusCode(anyOf(equalTo(200), equalTo(201))).extract().path("id");
        Api.post(Api.CONVERSATIONS + "/" + id + "/messages", example(description, "/api/conversations/{id}/messages", "post", "requestBody", "new_message"))
                .then().statusCode(anyOf(equalTo(200), equalTo(201)));
        Api.patch(Api.CONVERSATIONS + "/" + id, example(description, "/api/conversations/{id}", "patch", "requestBody", "patch")).then().statusCode(200);
        Api.patch(Api.CONVERSATIONS + "/" + id, "{\"status\":\"open\"}").then().statusCode(200);
        String next = JsonPath.from(example(description, "/api/conversations", "get", "responses.'200'", "conversations")).getString("next");
        given().queryParam("cursor", next).get(Api.CONVERSATIONS).then().statusCode(200);
    }

    private static JsonPath description() {
        return given().accept("application/json").get("/q/openapi").then().statusCode(200).extract().jsonPath();
    }

    /** As JSON. */
    private static String example(JsonPath description, String path, String method, String part, String name) {
        Object value = description.get("paths.'" + path + "'." + method + "." + part + ".content.'application/json'.examples." + name + ".value");
        return value instanceof String text ? text : Json.encode(value);
    }

    @Test
    void whatIsTakenIsDescribed() {
        JsonPath description = description();
        assertThat(description.getList("components.schemas.Problem.required"), hasItems("type", "title", "status", "detail", "code"));
        for (String field : List.of("NewMessage.properties.sender_id", "NewConversation.properties.subject", "NewConversation.properties.customer_id")) {
            assertThat(field, description.getList("components.schemas." + field + ".type"), hasItems("string", "null"));
        }
        assertThat(description.getList("paths.'/api/conversations/{id}/messages'.post.parameters.name"), hasItems("id", "sender_id", "sender_role"));
    }

    @Test
    void swaggerUiIsThere() {
        get("/q/swagger-ui/").then().statusCode(200);
    }
}
