package dev.parley.realtime;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import dev.parley.testing.Await;
import dev.parley.testing.Instance;
import dev.parley.testing.Json;
import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.ArrayList;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;

/** A socket of protocol 2.0.0 that has joined one channel and keeps the broadcasts that come, but for other clients' text. */
final class BroadcastListener implements WebSocket.Listener, AutoCloseable {

    /** @param meta JSON text, or "" */
    record Heard(String topic, String event, String meta, boolean json, byte[] payload) {

        String text() {
            return new String(payload, UTF_8);
        }
    }

    private static final HttpClient CLIENT = HttpClient.newHttpClient();
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final List<Heard> heard = Collections.synchronizedList(new ArrayList<>());
    private final List<JsonNode> frames = Collections.synchronizedList(new ArrayList<>());
    private final StringBuilder text = new StringBuilder();
    private final ByteArrayOutputStream binary = new ByteArrayOutputStream();
    private WebSocket socket;

    private BroadcastListener() {
    }

    /** @param config of the channel, JSON */
    static BroadcastListener join(Instance instance, String key, String topic, String config) {
        BroadcastListener listener = new BroadcastListener();
        URI uri = URI.create(instance.http("/realtime/v1/websocket?apikey=" + key + "&vsn=2.0.0").toString().replaceFirst("^http", "ws"));
        listener.socket = CLIENT.newWebSocketBuilder().buildAsync(uri, listener).join();
        listener.socket.sendText("[\"1\",\"1\",\"realtime:" + topic + "\",\"phx_join\",{\"config\":" + config + "}]", true).join();
        Await.until(() -> listener.frames.stream().anyMatch(frame -> frame.get(3).asText().equals("phx_reply")
                && frame.at("/4/status").asText().equals("ok")), PATIENCE, () -> "joined, not " + listener.frames);
        return listener;
    }

    /** Sends a broadcast as a client does. */
    void say(String topic, String event, String metadata, String payload) {
        byte[][] parts = {"1".getBytes(UTF_8), "2".getBytes(UTF_8), ("realtime:" + topic).getBytes(UTF_8), event.getBytes(UTF_8), metadata.getBytes(UTF_8)};
        ByteArrayOutputStream frame = new ByteArrayOutputStream();
        frame.write(3);
        Arrays.stream(parts).forEach(part -> frame.write(part.length));
        frame.write(1);
        Arrays.stream(parts).forEach(frame::writeBytes);
        frame.writeBytes(payload.getBytes(UTF_8));
        socket.sendBinary(ByteBuffer.wrap(frame.toByteArray()), true).join();
    }

    /** Sends an event as text. @param payload JSON */
    void push(String topic, String event, String payload) {
        socket.sendText("[\"1\",\"3\",\"realtime:" + topic + "\",\"" + event + "\"," + payload + "]", true).join();
    }

    List<Heard> heard() {
        return List.copyOf(heard);
    }

    List<JsonNode> frames() {
        return List.copyOf(frames);
    }

    List<Heard> await(int number) {
        Await.until(() -> heard.size() >= number, PATIENCE, () -> number + " broadcasts, not " + heard);
        return heard();
    }

    @Override
    public CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
        text.append(data);
        if (last) {
            String whole = text.toString();
            text.setLength(0);
            JsonNode frame = Json.read(whole);
            frames.add(frame);
            if (frame.get(3).asText().equals("broadcast") && frame.get(4).has("meta")) {
                Map<String, String> said = RawJson.members(RawJson.objects(whole, 1).get(0), Set.of("meta", "payload")); // as they came
                heard.add(new Heard(frame.get(2).asText(), frame.at("/4/event").asText(), said.get("meta"), true, said.get("payload").getBytes(UTF_8)));
            }
        }
        from.request(1);
        return null;
    }

    @Override
    public CompletionStage<?> onBinary(WebSocket from, ByteBuffer data, boolean last) {
        byte[] part = new byte[data.remaining()];
        data.get(part);
        binary.writeBytes(part);
        if (last) {
            byte[] frame = binary.toByteArray();
            binary.reset();
            int topic = 5 + frame[1];
            int event = topic + frame[2];
            int meta = event + (frame[3] & 0xFF);
            heard.add(new Heard(new String(frame, 5, frame[1], UTF_8), new String(frame, topic, frame[2], UTF_8),
                    new String(frame, event, meta - event, UTF_8), frame[4] == 1, Arrays.copyOfRange(frame, meta, frame.length)));
        }
        from.request(1);
        return null;
    }

    @Override
    public void close() {
        socket.abort();
    }
}
