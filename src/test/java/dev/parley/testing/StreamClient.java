package dev.parley.testing;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * A client of one stream, of a conversation or global: reads on a thread of its own, checks every message as it comes, remembers where it is and
 * resumes there, on the same instance or another.
 *
 * <p>Any thread may call; listeners are called on the reading thread.
 */
public final class StreamClient implements Follower {

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final String FELL_BEHIND = "parley_streams_slow_readers_total";
    private static final int UUID_LENGTH = 36;

    private final UUID conversation;
    private final Deliveries deliveries;
    private final List<JsonNode> frames = new CopyOnWriteArrayList<>();
    private final Map<UUID, JsonNode> answers = new ConcurrentHashMap<>();
    private final SocketReader reader = new SocketReader("stream", received -> accept(Json.read(((RawWebSocket.Text) received).text())), this::ended);
    private volatile BiConsumer<JsonNode, Long> onMessage = (message, nanos) -> { };
    private volatile Consumer<JsonNode> onFrame = frame -> { };
    private volatile List<Instance> refuges = List.of();
    private volatile boolean live;
    private volatile String position;
    private volatile Long after;
    private volatile long lastSeqWhenLive = -1;

    private StreamClient(UUID conversation, String name) {
        this.conversation = conversation;
        this.deliveries = new Deliveries(name);
    }

    /** A stream of one conversation, not yet connected. */
    public static StreamClient conversation(UUID conversation) {
        return new StreamClient(conversation, "conversation stream of " + conversation);
    }

    /** A global stream, not yet connected. */
    public static StreamClient global() {
        return new StreamClient(null, "global stream");
    }

    @Override
    public StreamClient after(long seq) {
        after = seq;
        deliveries.startAfter(conversation, seq);
        return this;
    }

    /** The next connection resumes at this position. */
    public StreamClient at(String fromPosition) {
        position = fromPosition;
        return this;
    }

    /** Called with each message's row and the arrival's {@link System#nanoTime}. */
    public StreamClient onMessage(BiConsumer<JsonNode, Long> listener) {
        onMessage = listener;
        return this;
    }

    /** Called with every frame, before this client takes note of it. */
    public StreamClient onFrame(Consumer<JsonNode> listener) {
        onFrame = listener;
        return this;
    }

    @Override
    public StreamClient reconnectingTo(List<Instance> instances) {
        refuges = instances;
        return this;
    }

    @Override
    public StreamClient connect(Instance instance) throws IOException {
        RawWebSocket opened = RawWebSocket.open(instance.port(), path());
        reader.follow(opened, () -> live = false);
        reader.start(opened);
        return this;
    }

    @Override
    public StreamClient join(Instance instance) throws IOException {
        connect(instance);
        awaitLive();
        return this;
    }

    @Override
    public void awaitLive() {
        Await.until(() -> live, PATIENCE, () -> "live; got " + frames + ", closed " + closes());
    }

    /** Sends a frame. @throws IOException the connection is broken */
    public void send(String text) throws IOException {
        socket().write(text);
    }

    /** Sends a message with a given id and content to this stream's conversation. */
    public void sendMessage(UUID id, String content) throws IOException {
        send(Json.object(Map.of("type", "send", "id", id, "content", content)));
    }

    public RawWebSocket socket() {
        return reader.socket();
    }

    @Override
    public void pause() {
        reader.pause();
    }

    @Override
    public void resume() {
        reader.resume();
    }

    /** Stops reading until the instance has sent it to catch up from the database; {@code write} is called as often as that takes. */
    public void fallBehind(Instance instance, Runnable write) {
        pause();
        double before = instance.metric(FELL_BEHIND);
        Await.until(() -> {
            write.run();
            return instance.metric(FELL_BEHIND) > before;
        }, PATIENCE, "it falls behind");
    }

    /** The ack or error frame that names this id, or null. */
    public JsonNode answer(UUID id) {
        return answers.get(id);
    }

    @Override
    public UUID conversation() {
        return conversation;
    }

    @Override
    public Deliveries deliveries() {
        return deliveries;
    }

    /** Where this client would resume. */
    public String position() {
        return position;
    }

    /** What the last {@code live} frame said, −1 before. */
    public long lastSeqWhenLive() {
        return lastSeqWhenLive;
    }

    /** Every frame but messages and positions, in the order of arrival. */
    public List<JsonNode> frames() {
        return frames;
    }

    public List<JsonNode> frames(String type) {
        return frames.stream().filter(frame -> type.equals(frame.path("type").asText())).toList();
    }

    /** Waits until the server has said that this stream must start over; from then on a fresh history is checked. */
    public JsonNode awaitResync() {
        return awaitFrame("resync", frame -> frame.path("type").asText().equals("resync"));
    }

    /** Waits for a frame that is neither a message nor a position. */
    public JsonNode awaitFrame(String description, Predicate<JsonNode> wanted) {
        Await.until(() -> frames.stream().anyMatch(wanted), PATIENCE, () -> description + "; got " + frames + ", closed " + closes());
        return frames.stream().filter(wanted).findFirst().orElseThrow();
    }

    @Override
    public List<RawWebSocket.Closed> closes() {
        return reader.closes();
    }

    public boolean isConnected() {
        return reader.isFollowing();
    }

    @Override
    public void disconnect() {
        reader.letGo();
    }

    @Override
    public List<JsonNode> disturbances() {
        return frames.stream().filter(frame -> List.of("resync", "error").contains(frame.path("type").asText())).toList();
    }

    @Override
    public void close() {
        refuges = List.of();
        disconnect();
    }

    private String path() {
        List<String> query = new ArrayList<>();
        if (conversation == null) {
            if (position != null) {
                query.add("after=" + URLEncoder.encode(position, StandardCharsets.UTF_8));
            }
            return "/ws/feed" + asQuery(query);
        }
        Long last = deliveries.last(conversation);
        if (last != null) {
            query.add("after=" + last);
        } else if (after != null) {
            query.add("after=" + after);
        }
        if (position != null) {
            query.add("position=" + URLEncoder.encode(position, StandardCharsets.UTF_8));
        }
        return "/ws/conversations/" + conversation + asQuery(query);
    }

    private static String asQuery(List<String> query) {
        return query.isEmpty() ? "" : "?" + String.join("&", query);
    }

    private void ended(RawWebSocket.Closed closed) {
        if (!refuges.isEmpty() && meansReconnect(closed.code())) {
            reconnect(refuges);
        }
    }

    private static boolean meansReconnect(int code) {
        return code == 1006 || code == 1012 || code == 1013 || code >= 4000 && code < 4100;
    }

    private void accept(JsonNode frame) {
        onFrame.accept(frame);
        switch (frame.path("type").asText()) {
            case "message" -> {
                JsonNode message = frame.get("message");
                deliveries.add(UUID.fromString(message.get("conversation_id").asText()), message.get("seq").asLong(),
                        UUID.fromString(message.get("id").asText()));
                onMessage.accept(message, System.nanoTime());
            }
            case "position" -> {
            }
            case "resync" -> {
                frames.add(frame);
                position = null;
                after = null;
                live = false;
                deliveries.restart();
            }
            case "live" -> {
                frames.add(frame);
                lastSeqWhenLive = frame.path("last_seq").asLong(-1);
                if (conversation != null) {
                    deliveries.startAfter(conversation, lastSeqWhenLive);
                }
                live = true;
            }
            default -> frames.add(frame);
        }
        if (frame.hasNonNull("position")) {
            position = frame.get("position").asText();
        }
        if (List.of("ack", "error").contains(frame.path("type").asText()) && frame.path("id").asText().length() == UUID_LENGTH) {
            answers.put(UUID.fromString(frame.get("id").asText()), frame);
        }
    }
}
