package dev.parley.testing;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpResponse;
import java.util.Map;
import java.util.UUID;

/** The REST interface of one instance. Any thread. */
public final class Api {

    private final Instance instance;

    private Api(Instance instance) {
        this.instance = instance;
    }

    public static Api of(Instance instance) {
        return new Api(instance);
    }

    /** Creates a conversation and returns its id. */
    public UUID createConversation(String subject) {
        HttpResponse<String> response = Http.send("POST", instance.http("/api/conversations"), Json.object(Map.of("subject", subject)));
        require(201, response);
        return UUID.fromString(Json.read(response.body()).get("id").asText());
    }

    /** Sends a message and returns the raw answer: 201 new, 200 known, otherwise a problem. */
    public HttpResponse<String> send(UUID conversation, UUID id, String content) {
        return Http.send("POST", instance.http("/api/conversations/" + conversation + "/messages"),
                Json.object(Map.of("id", id, "content", content)));
    }

    /** Sends a message that must be accepted as new and returns its row. */
    public JsonNode sendNew(UUID conversation, String content) {
        HttpResponse<String> response = send(conversation, UUID.randomUUID(), content);
        require(201, response);
        return Json.read(response.body());
    }

    /** Closes or reopens a conversation. */
    public void setStatus(UUID conversation, String status) {
        require(200, Http.send("PATCH", instance.http("/api/conversations/" + conversation), Json.object(Map.of("status", status))));
    }

    private static void require(int status, HttpResponse<String> response) {
        if (response.statusCode() != status) {
            throw new AssertionError("expected " + status + ", got " + response.statusCode() + " " + response.body());
        }
    }
}
