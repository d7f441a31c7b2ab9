package dev.parley.conversation;

import static io.restassured.RestAssured.given;

import io.restassured.response.Response;
import io.restassured.response.ValidatableResponse;
import java.util.UUID;

/** The REST interface as a client uses it. */
final class Api {

    static final String CONVERSATIONS = "/api/conversations";

    private Api() {
    }

    static Response post(String path, String json) {
        return given().contentType("application/json").body(json).post(path);
    }

    static Response patch(String path, String json) {
        return given().contentType("application/json").body(json).patch(path);
    }

    static String conversation(UUID id) {
        return CONVERSATIONS + "/" + id;
    }

    static String messages(UUID conversation) {
        return conversation(conversation) + "/messages";
    }

    static UUID newConversation() {
        UUID id = UUID.randomUUID();
        post(CONVERSATIONS, "{\"id\":\"" + id + "\"}").then().statusCode(201);
        return id;
    }

    static Response send(UUID conversation, String content) {
        return post(messages(conversation), "{\"content\":" + quoted(content) + "}");
    }

    /** A JSON string of ASCII alone: what arrives does not depend on the client's encoding. */
    static String quoted(String text) {
        StringBuilder json = new StringBuilder("\"");
        text.chars().forEach(c -> {
            if (c < ' ' || c > '~' || c == '"' || c == '\\') {
                json.append(String.format("\\u%04x", c));
            } else {
                json.append((char) c);
            }
        });
        return json.append('"').toString();
    }

    /** Says that the answer is this error, in the form that all errors have. */
    static ValidatableResponse refused(Response answer, ErrorCode code) {
        return answer.then().statusCode(code.status())
                .contentType("application/problem+json")
                .body("code", org.hamcrest.Matchers.equalTo(code.code()))
                .body("status", org.hamcrest.Matchers.equalTo(code.status()))
                .body("title", org.hamcrest.Matchers.equalTo(code.title()))
                .body("type", org.hamcrest.Matchers.startsWith("urn:parley:error:"))
                .body("detail", org.hamcrest.Matchers.not(org.hamcrest.Matchers.emptyOrNullString()));
    }
}
