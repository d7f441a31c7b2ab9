package dev.parley.page;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Route;
import com.microsoft.playwright.WebSocketRoute;

import dev.parley.testing.Instance;

/** Answers a page's requests and streams for one conversation as a test says; the page itself still comes from the service. */
final class ScriptedService {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final UUID conversation = UUID.randomUUID();
    private final Map<Integer, Consumer<Stream>> scripts = new HashMap<>();
    private final List<Stream> streams = new ArrayList<>();
    private final List<String> sent = new ArrayList<>();
    private String history = "";
    private int pings;
    private int reads;
    private int hidden;

    ScriptedService(Page page) {
        serves(page);
    }

    /** Another tab, say. */
    void serves(Page page) {
        page.addInitScript("localStorage.setItem('parley.conversation', '\"" + conversation + "\"')");
        page.route("**/api/conversations/*", route -> conversationAsked(route, """
                {"id":"%s","subject":null,"customer_id":"c","status":"open","created_at":"2026-11-23T10:00:00+00:00",\
                "updated_at":"2026-11-23T10:00:00+00:00","metadata":{},"last_seq":0,"last_message_at":null,"last_message":null}"""
                .formatted(conversation)));
        page.route("**/api/conversations/*/messages*", route -> answer(route, "{\"items\":[" + history + "],\"next\":null}"));
        page.routeWebSocket("**/ws/conversations/**", this::connected);
    }

    /** The customer's page with this conversation in it. */
    String conversation(Instance service) {
        return service.http("/").toString();
    }

    UUID id() {
        return conversation;
    }

    /** What REST says from now on, numbered from 1. */
    void history(String... contents) {
        StringBuilder items = new StringBuilder();
        for (int i = 0; i < contents.length; i++) {
            items.append(i == 0 ? "" : ",").append(row(i + 1, contents[i]));
        }
        history = items.toString();
    }

    /** What happens on the n-th connection. */
    void onConnect(int number, Consumer<Stream> script) {
        scripts.put(number, script);
    }

    int connections() {
        return streams.size();
    }

    Stream stream() {
        return streams.get(streams.size() - 1);
    }

    String address(int number) {
        return streams.get(number - 1).socket.url();
    }

    /** Ids of what was sent, in order. */
    List<String> sent() {
        return sent;
    }

    int pings() {
        return pings;
    }

    /** How often the conversation itself was asked for by REST. */
    int reads() {
        return reads;
    }

    /** The next so many questions for the conversation by REST are answered by a proxy that finds nothing behind it. */
    void hides(int questions) {
        hidden = questions;
    }

    private void conversationAsked(Route route, String json) {
        reads++;
        if (hidden-- > 0) {
            route.fulfill(new Route.FulfillOptions().setStatus(404).setContentType("text/html").setBody("<h1>404 page not found</h1>"));
            return;
        }
        answer(route, json);
    }

    private void connected(WebSocketRoute socket) {
        Stream stream = new Stream(socket);
        streams.add(stream);
        socket.onMessage(frame -> stream.received(frame.text()));
        scripts.getOrDefault(streams.size(), ignored -> { }).accept(stream);
    }

    private String row(long seq, String content) {
        UUID id = UUID.nameUUIDFromBytes((conversation + content).getBytes(StandardCharsets.UTF_8));
        return """
                {"id":"%s","conversation_id":"%s","seq":%d,"sender_id":"admin","sender_role":"admin","content":"%s",\
                "created_at":"2026-11-23T10:00:00+00:00","metadata":{}}""".formatted(id, conversation, seq, content);
    }

    private static void answer(Route route, String json) {
        route.fulfill(new Route.FulfillOptions().setContentType("application/json").setBody(json));
    }

    /** The service's end of one connection. */
    final class Stream {

        private final WebSocketRoute socket;
        private Consumer<String> onSend = id -> { };
        private Runnable onPing = () -> { };

        private Stream(WebSocketRoute socket) {
            this.socket = socket;
        }

        void live(long lastSeq, String position) {
            socket.send("{\"type\":\"live\",\"last_seq\":" + lastSeq + ",\"position\":\"" + position + "\"}");
        }

        void message(long seq, String content, String position) {
            socket.send("{\"type\":\"message\",\"message\":" + row(seq, content) + ",\"position\":\"" + position + "\"}");
        }

        void ack(String id, long seq) {
            socket.send("{\"type\":\"ack\",\"id\":\"" + id + "\",\"seq\":" + seq + ",\"duplicate\":false}");
        }

        void resync() {
            socket.send("{\"type\":\"resync\",\"reason\":\"restored\"}");
        }

        void close(int code) {
            socket.close(new WebSocketRoute.CloseOptions().setCode(code).setReason("as the test says"));
        }

        void onSend(Consumer<String> answer) {
            onSend = answer;
        }

        void answersPings() {
            onPing = () -> socket.send("{\"type\":\"pong\"}");
        }

        void error(String id, String code) {
            socket.send("{\"type\":\"error\",\"code\":\"" + code + "\",\"message\":\"as the test says\",\"id\":\"" + id + "\"}");
        }

        private void received(String text) {
            try {
                JsonNode frame = JSON.readTree(text);
                switch (frame.get("type").textValue()) {
                    case "send" -> {
                        sent.add(frame.get("id").textValue());
                        onSend.accept(frame.get("id").textValue());
                    }
                    case "ping" -> {
                        pings++;
                        onPing.run();
                    }
                    default -> { }
                }
            } catch (JsonProcessingException e) {
                throw new AssertionError("the page sent no JSON: " + text, e);
            }
        }
    }
}
