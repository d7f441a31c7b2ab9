package dev.parley.realtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import com.fasterxml.jackson.databind.JsonNode;
import dev.parley.access.Tokens;
import dev.parley.testing.Await;
import dev.parley.testing.Instance;
import dev.parley.testing.Json;
import dev.parley.testing.RawWebSocket;
import dev.parley.testing.RealtimeChannel;
import dev.parley.testing.RealtimeClient;
import dev.parley.testing.RealtimeVersion;
import dev.parley.testing.TestPostgres;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** An app in the background: its system keeps the socket and answers pings, its code does not run. Once it is awake it has to find its way back by itself. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SleepingClientIT {

    private static final int TOKEN_SECONDS = 6;
    private static final String HEARTBEAT = "[null,\"%d\",\"phoenix\",\"heartbeat\",{}]";

    private static TestPostgres database;
    private static Instance instance;

    @BeforeAll
    static void start() {
        database = TestPostgres.startMigrated();
        instance = Instance.over(database).setting("parley.socket.idle-timeout", "2s").setting("quarkus.websockets-next.server.auto-ping-interval", "500ms").start();
    }

    @AfterAll
    static void stop() {
        instance.close();
        database.close();
    }

    /** After {@code phx_close} no client joins again, after {@code phx_error} some do, after the end of the socket all. */
    @Test
    void aClientWhoseTokenExpiredWhileItSleptHasToConnectAnewOnceItIsAwake() throws IOException {
        try (RealtimeClient client = RealtimeClient.of(RealtimeVersion.V2).connect(instance); RawWebSocket socket = open()) {
            RealtimeChannel others = client.channel("sleep");
            others.config().withObject("/presence").put("enabled", true);
            others.join().awaitJoined();
            join(socket, "\"presence\":{\"key\":\"sleeper\",\"enabled\":false}");
            socket.write("[\"1\",\"2\",\"realtime:sleep\",\"presence\",{\"type\":\"presence\",\"event\":\"track\",\"payload\":{}}]");
            List<RawWebSocket.Received> told = new ArrayList<>();
            CompletableFuture<RawWebSocket.Closed> closed = CompletableFuture.supplyAsync(() -> {
                RawWebSocket.Received received;
                while (!((received = socket.read()) instanceof RawWebSocket.Closed)) {
                    told.add(received);
                }
                return (RawWebSocket.Closed) received;
            });
            others.awaitFrame("it is there", frame -> frame.event().equals("presence_diff") && frame.payload().path("joins").has("sleeper"));
            others.awaitFrame("its channel has ended", frame -> frame.event().equals("presence_diff") && frame.payload().path("leaves").has("sleeper"));
            client.awaitHeartbeat();
            socket.write(HEARTBEAT.formatted(3));
            assertEquals(1001, closed.join().code());
            assertEquals(List.of("phx_error"), told.stream().map(received -> Json.read(((RawWebSocket.Text) received).text()).get(3).asText())
                    .filter(event -> event.equals("system") || event.equals("phx_close") || event.equals("phx_error")).toList());
        }
    }

    @Test
    void aTokenThatExpiresWhileItsClientIsAwakeEndsTheChannel() throws IOException {
        try (RawWebSocket socket = open()) {
            join(socket, "\"private\":false");
            socket.write(HEARTBEAT.formatted(2));
            List<String> events = new ArrayList<>();
            for (int beat = 3; !events.contains("phx_close"); beat++) {
                JsonNode frame = Json.read(assertInstanceOf(RawWebSocket.Text.class, socket.read()).text());
                String event = frame.get(3).asText();
                if (event.equals("phx_reply")) {
                    assertEquals("ok", frame.get(4).get("status").asText(), frame::toString);
                    Await.pause(Duration.ofMillis(100));
                    socket.write(HEARTBEAT.formatted(beat));
                } else {
                    events.add(event);
                }
            }
            assertEquals(List.of("system", "phx_close"), events);
        }
    }

    private static RawWebSocket open() throws IOException {
        return RawWebSocket.open(instance.port(), "/realtime/v1/websocket?vsn=2.0.0&apikey=" + Instance.PUBLISHABLE_KEY);
    }

    private static void join(RawWebSocket socket, String config) throws IOException {
        String token = Tokens.shared("HS256", null, Instance.JWT_SECRET,
                "{\"role\":\"anon\",\"exp\":%d}".formatted(System.currentTimeMillis() / 1000 + TOKEN_SECONDS));
        socket.write("[\"1\",\"1\",\"realtime:sleep\",\"phx_join\",{\"config\":{" + config + "},\"access_token\":\"" + token + "\"}]");
        String answer = assertInstanceOf(RawWebSocket.Text.class, socket.read()).text();
        assertEquals("ok", Json.read(answer).at("/4/status").asText(), answer);
    }
}
