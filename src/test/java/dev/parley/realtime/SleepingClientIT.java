package dev.parley.realtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import com.fasterxml.jackson.databind.JsonNode;
import dev.parley.access.Tokens;
import dev.parley.testing.Await;
import dev.parley.testing.Instance;
import dev.parley.testing.Json;
import dev.parley.testing.RawWebSocket;
import dev.parley.testing.TestPostgres;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** An app in the background: its system keeps the socket and answers pings, its code does not run. Once it is awake it has to find its way back by itself. */
class SleepingClientIT {

    private static final int TOKEN_SECONDS = 6;

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

    /** After {@code phx_close} Supabase's client forgets the channel, after {@code phx_error} it joins again. */
    @Test
    void aTokenThatExpiresWhileItsClientSleepsMakesTheClientJoinAgain() throws IOException {
        assertEquals(List.of("phx_error"), whatComesAfterTheJoin(false));
    }

    @Test
    void aTokenThatExpiresWhileItsClientIsAwakeEndsTheChannel() throws IOException {
        assertEquals(List.of("system", "phx_close"), whatComesAfterTheJoin(true));
    }

    private static List<String> whatComesAfterTheJoin(boolean awake) throws IOException {
        String token = Tokens.shared("HS256", null, Instance.JWT_SECRET,
                "{\"role\":\"anon\",\"exp\":%d}".formatted(System.currentTimeMillis() / 1000 + TOKEN_SECONDS));
        try (RawWebSocket socket = RawWebSocket.open(instance.port(), "/realtime/v1/websocket?vsn=2.0.0&apikey=" + Instance.PUBLISHABLE_KEY)) {
            socket.write("[\"1\",\"1\",\"realtime:sleep\",\"phx_join\",{\"config\":{},\"access_token\":\"" + token + "\"}]");
            List<String> events = new ArrayList<>();
            for (int beat = 2; events.isEmpty() || !List.of("phx_error", "phx_close").contains(events.get(events.size() - 1)); beat++) {
                JsonNode frame = Json.read(assertInstanceOf(RawWebSocket.Text.class, socket.read()).text());
                String event = frame.get(3).asText();
                if (event.equals("phx_reply")) {
                    assertEquals("ok", frame.get(4).get("status").asText(), frame::toString);
                }
                if (!event.equals("phx_reply")) {
                    events.add(event);
                } else if (awake) {
                    Await.pause(Duration.ofMillis(100));
                    socket.write("[null,\"" + beat + "\",\"phoenix\",\"heartbeat\",{}]");
                }
            }
            return events;
        }
    }
}
