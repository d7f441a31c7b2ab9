package dev.parley.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * A channel of a {@link RealtimeClient}: joins, and joins again when its socket or the server broke it, as the real client does; checks what comes
 * as the real client would understand it.
 *
 * <p>Set up by one thread before the join; afterwards any thread may call.
 */
public final class RealtimeChannel {

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final String PREFIX = "realtime:";
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    private final RealtimeClient client;
    private final String topic;
    private final ObjectNode config = JSON.objectNode();
    private final List<ChangeBinding> bindings = new ArrayList<>();
    private final List<RealtimeFrame> frames = new CopyOnWriteArrayList<>();
    private final Map<String, JsonNode> replies = new ConcurrentHashMap<>();
    private Runnable onJoined = () -> { };
    private Consumer<RealtimeFrame> onFrame = frame -> { };
    private volatile boolean wanted;
    private volatile boolean joined;
    private volatile boolean joinedBefore;
    private volatile String joinRef;

    RealtimeChannel(RealtimeClient client, String name) {
        this.client = client;
        this.topic = PREFIX + name;
        config.putObject("broadcast").put("ack", false).put("self", false);
        config.putObject("presence").put("key", "").put("enabled", false);
        config.put("private", false);
    }

    /** The {@code config} of the join, to be changed before it. */
    public ObjectNode config() {
        return config;
    }

    public RealtimeChannel on(ChangeBinding binding) {
        bindings.add(binding);
        return this;
    }

    /** Called on the reading thread at each successful join, before anything else of the channel is read. */
    public RealtimeChannel onJoined(Runnable listener) {
        onJoined = listener;
        return this;
    }

    /** Called on the reading thread with everything of the present join but row changes and replies, before it is kept. */
    public RealtimeChannel onFrame(Consumer<RealtimeFrame> listener) {
        onFrame = listener;
        return this;
    }

    /** Sends the join; {@link #awaitJoined} waits for its reply. @throws IOException the socket is broken */
    public RealtimeChannel join() throws IOException {
        wanted = true;
        joined = false;
        String ref = client.nextRef();
        joinRef = ref;
        ArrayNode entries = JSON.arrayNode();
        bindings.forEach(binding -> entries.add(binding.entryNow()));
        ObjectNode asked = config.deepCopy();
        asked.set("postgres_changes", entries);
        send(ref, "phx_join", JSON.objectNode().set("config", asked));
        return this;
    }

    /** Waits for a successful reply to the latest join. */
    public RealtimeChannel awaitJoined() {
        Await.until(() -> joined, PATIENCE, () -> "joined " + topic + "; got " + frames + ", closed " + client.closes() + ", " + client.violations());
        return this;
    }

    public boolean isJoined() {
        return joined;
    }

    /** Waits for the reply to the latest join, whatever it says. */
    public JsonNode awaitJoinReply() {
        return awaitReply(joinRef);
    }

    /** Joins and waits until the server says that the entries' tables are watched; tries again as long as it says that they are not. */
    public RealtimeChannel joinOnceWatched() throws IOException {
        Await.until(() -> {
            frames.clear();
            join().awaitJoined();
            RealtimeFrame said = awaitFrame("a system message", frame -> frame.event().equals("system"));
            return said.payload().path("status").asText().equals("ok");
        }, PATIENCE, () -> "watched; got " + frames);
        return this;
    }

    /** Leaves and waits for the reply. */
    public void leave() throws IOException {
        wanted = false;
        joined = false;
        String ref = client.nextRef();
        send(ref, "phx_leave", JSON.objectNode());
        awaitReply(ref);
        client.forget(this);
    }

    /** Pushes an event and returns its ref. */
    public String push(String event, JsonNode payload) throws IOException {
        String ref = client.nextRef();
        send(ref, event, payload);
        return ref;
    }

    /** Broadcasts JSON as a client of this version does, and returns the ref. */
    public String broadcast(String event, JsonNode payload) throws IOException {
        if (client.version() == RealtimeVersion.V1) {
            ObjectNode whole = JSON.objectNode().put("type", "broadcast").put("event", event);
            return push("broadcast", whole.set("payload", payload));
        }
        String ref = client.nextRef();
        client.socket().write(RawWebSocket.BINARY, RealtimeVersion.push(joinRef, ref, topic, event, "", true, payload.toString().getBytes(StandardCharsets.UTF_8)));
        return ref;
    }

    /** Waits for the reply to a push; it holds {@code status} and {@code response}. */
    public JsonNode awaitReply(String ref) {
        Await.until(() -> replies.containsKey(ref), PATIENCE, () -> "a reply to " + ref + "; got " + frames + ", closed " + client.closes());
        return replies.get(ref);
    }

    /** The reply to a push, null so far. */
    public JsonNode reply(String ref) {
        return replies.get(ref);
    }

    /** Everything but row changes and replies, in the order of arrival. */
    public List<RealtimeFrame> frames() {
        return frames;
    }

    public List<RealtimeFrame> frames(String event) {
        return frames.stream().filter(frame -> frame.event().equals(event)).toList();
    }

    /** Waits for a frame that is neither a row change nor a reply. */
    public RealtimeFrame awaitFrame(String description, Predicate<RealtimeFrame> wantedOne) {
        Await.until(() -> frames.stream().anyMatch(wantedOne), PATIENCE, () -> description + "; got " + frames + ", closed " + client.closes());
        return frames.stream().filter(wantedOne).findFirst().orElseThrow();
    }

    /** Waits for a broadcast of this event. */
    public JsonNode awaitBroadcast(String event, JsonNode payload) {
        return awaitFrame("broadcast " + event, frame -> frame.event().equals("broadcast") && frame.payload().path("event").asText().equals(event)
                && frame.payload().path("payload").equals(payload)).payload();
    }

    /** Errors that the server reported about this channel: refused joins, crashes, closes and {@code system} messages that say so. */
    public List<RealtimeFrame> errors() {
        return frames.stream().filter(frame -> switch (frame.event()) {
            case "phx_error", "phx_close" -> true;
            case "phx_reply", "system" -> frame.payload().path("status").asText().equals("error");
            default -> false;
        }).toList();
    }

    /** With the prefix, as it stands on the wire. */
    public String topic() {
        return topic;
    }

    public String joinRef() {
        return joinRef;
    }

    /** The socket is a new one: joins again if it was joined, or about to. */
    void rejoin() throws IOException {
        joined = false;
        joinedBefore = false;
        if (wanted) {
            join();
        }
    }

    /** A frame of this topic. @throws AssertionError no server may send it */
    void accept(RealtimeFrame frame) {
        if (frame.joinRef() != null && !frame.joinRef().equals(joinRef)) {
            return; // of an earlier join: the real client drops it too
        }
        if (!frame.event().equals("postgres_changes") && !frame.event().equals("phx_reply")) {
            onFrame.accept(frame);
        }
        switch (frame.event()) {
            case "postgres_changes" -> change(frame);
            case "phx_reply" -> reply(frame);
            case "phx_close", "phx_error" -> {
                if (frame.ref() == null || frame.ref().equals(joinRef)) {
                    frames.add(frame);
                    joined = false;
                    wanted &= frame.event().equals("phx_error");
                    client.rejoinLater(this);
                }
            }
            case "system" -> {
                String position = frame.payload().path("position").textValue();
                if (position != null) {
                    bindings.forEach(binding -> binding.cameTo(position));
                }
                frames.add(frame);
            }
            default -> frames.add(frame);
        }
    }

    private void send(String ref, String event, JsonNode payload) throws IOException {
        client.send(new RealtimeFrame(joinRef, ref, topic, event, payload));
    }

    boolean isWanted() {
        return wanted;
    }

    private void reply(RealtimeFrame frame) {
        if (frame.ref() == null) {
            throw new AssertionError("a reply to nothing: " + frame);
        }
        if (frame.answers(joinRef)) {
            boolean ok = frame.payload().path("status").asText().equals("ok");
            if (ok) {
                confirm(frame.payload().path("response").path("postgres_changes"));
                joinedBefore = true;
                joined = true;
                onJoined.run();
            } else {
                frames.add(frame);
                client.rejoinLater(this);
            }
        }
        replies.put(frame.ref(), frame.payload());
    }

    private void confirm(JsonNode echoed) {
        if (!echoed.isArray() || echoed.size() != bindings.size()) {
            throw new AssertionError("of " + bindings.size() + " entries came back " + echoed);
        }
        for (int i = 0; i < bindings.size(); i++) {
            bindings.get(i).confirmed(echoed.get(i));
        }
    }

    private void change(RealtimeFrame frame) {
        if (!joined) {
            if (!joinedBefore) {
                throw new AssertionError("a row change before the first join's reply, which no client understands: " + frame);
            }
            return; // of the join before: what this one missed, its entries ask for
        }
        JsonNode ids = frame.payload().path("ids");
        RowChange change = new RowChange(frame.payload().path("data"));
        boolean taken = false;
        for (ChangeBinding binding : bindings) {
            taken |= binding.take(ids, change);
        }
        if (!taken) {
            throw new AssertionError("a row change that none of the channel's entries asked for: " + frame);
        }
    }
}
