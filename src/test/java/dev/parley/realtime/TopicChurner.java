package dev.parley.realtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.parley.testing.Await;
import dev.parley.testing.Instance;
import dev.parley.testing.Json;
import dev.parley.testing.RawWebSocket;
import dev.parley.testing.RealtimeClient;
import dev.parley.testing.RealtimeFrame;
import dev.parley.testing.RealtimeVersion;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.BooleanSupplier;

/**
 * One socket that joins a topic, joins it again in the place of itself, leaves it, and seldom waits for an answer. It looks at every frame, those too that
 * the real client would drop, and notes what may not come: anything but the answer while nothing is joined, anything for a join that has ended, a row or
 * a broadcast that does not follow the one before it.
 */
final class TopicChurner implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final JsonNode UNTRACK = Json.read("{\"type\":\"presence\",\"event\":\"untrack\"}");

    private static final class Join {

        private final String ref;
        /** The last row that it has or had before it; −1 while any may be the first. */
        private long seq;
        private int count = -1;
        private int rows;
        private boolean answered;
        private boolean ended;
        private boolean closed;

        Join(String ref, long after) {
            this.ref = ref;
            this.seq = after;
        }
    }

    private final RealtimeVersion version;
    private final String topic;
    private final UUID conversation;
    private final Random random;
    private final RawWebSocket socket;
    private final Map<String, Join> joins = new HashMap<>();
    /** Refs of leaves, and the join that each means. */
    private final Map<String, Join> leaves = new HashMap<>();
    private final Map<String, Integer> said = new TreeMap<>(Comparator.comparing(Integer::valueOf));
    private final List<String> wrong = new ArrayList<>();
    private int refs;
    private long lastSeq;
    /** As the client knows it. */
    private Join wanted;
    /** As the server has said. */
    private Join open;

    TopicChurner(Instance instance, RealtimeVersion version, String topic, UUID conversation, Random random) throws IOException {
        this.version = version;
        this.topic = topic;
        this.conversation = conversation;
        this.random = random;
        this.socket = RawWebSocket.open(instance.port(), RealtimeClient.path(version, Instance.PUBLISHABLE_KEY));
        Thread reader = new Thread(this::readAll, "churner");
        reader.setDaemon(true);
        reader.start();
    }

    void turn() throws IOException {
        int kind = random.nextInt(100);
        if (kind < 40) {
            join(random.nextBoolean());
        } else if (kind < 54 && wanted != null) {
            sendLeave(wanted);
        } else if (kind < 58) {
            sendStaleLeave();
        } else if (kind < 66) {
            track();
        } else if (kind < 70) {
            push("presence", UNTRACK);
        } else if (kind < 80) {
            say();
        } else if (kind < 95 && wanted != null) {
            awaitAnswer();
        } else if (wanted != null) {
            settle();
        }
    }

    /** @return what it says of itself */
    int joinTrackAndSettle() throws IOException {
        join(true);
        settle(); // what is pushed before the answer belongs to no channel
        int said = track();
        settle();
        return said;
    }

    void leave() throws IOException {
        Join left = wanted;
        sendLeave(left);
        Await.until(() -> is(() -> left.closed), PATIENCE, () -> "left; wrong " + wrong);
    }

    /** @param turns that it has taken */
    synchronized void assertRight(int turns) {
        assertEquals(List.of(), wrong);
        assertTrue(joins.values().stream().filter(join -> join.answered).count() > turns / 20, "joins that got so far");
        assertTrue(joins.values().stream().anyMatch(join -> join.ended && !join.answered), "joins that were given up before");
        joins.values().forEach(join -> assertTrue(join.ended && (join.closed || !join.answered), () -> join.ref + " has an end that was said"));
    }

    /** What was said on a joined channel, in order. */
    synchronized List<Integer> spoken() {
        return List.copyOf(said.values());
    }

    private void join(boolean resumes) throws IOException {
        String ref;
        String entry = "{\"event\":\"INSERT\",\"schema\":\"public\",\"table\":\"messages\",\"filter\":\"conversation_id=eq." + conversation + "\"";
        synchronized (this) {
            ref = String.valueOf(++refs);
            wanted = new Join(ref, resumes ? lastSeq : -1);
            joins.put(ref, wanted);
            entry += resumes ? ",\"after\":" + lastSeq + "}" : "}";
        }
        send(new RealtimeFrame(ref, ref, topic, "phx_join", Json.read(
                "{\"config\":{\"presence\":{\"enabled\":true,\"key\":\"churner\"},\"postgres_changes\":[" + entry + "]}}")));
    }

    private void sendLeave(Join join) throws IOException {
        String ref;
        synchronized (this) {
            ref = String.valueOf(++refs);
            leaves.put(ref, join);
            wanted = null;
        }
        send(new RealtimeFrame(join.ref, ref, topic, "phx_leave", Json.read("{}")));
    }

    /** As a client does that has waited too long for an answer and joined anew: it means a channel that is gone. */
    private void sendStaleLeave() throws IOException {
        String ref;
        synchronized (this) {
            ref = String.valueOf(++refs);
        }
        send(new RealtimeFrame("0", ref, topic, "phx_leave", Json.read("{}")));
    }

    private int track() throws IOException {
        int number;
        synchronized (this) {
            number = refs + 1;
        }
        push("presence", Json.read("{\"type\":\"presence\",\"event\":\"track\",\"payload\":{\"n\":" + number + "}}"));
        return number;
    }

    private void say() throws IOException {
        String ref;
        String joinRef;
        JsonNode payload;
        synchronized (this) {
            ref = String.valueOf(++refs);
            joinRef = wanted == null ? "0" : wanted.ref;
            said.put(ref, refs);
            payload = Json.read("{\"n\":" + refs + "}");
        }
        if (version == RealtimeVersion.V1) {
            send(new RealtimeFrame(joinRef, ref, topic, "broadcast", Json.read("{\"type\":\"broadcast\",\"event\":\"own\",\"payload\":" + payload + "}")));
        } else {
            socket.write(RawWebSocket.BINARY, RealtimeVersion.push(joinRef, ref, topic, "own", "", true, payload.toString().getBytes(StandardCharsets.UTF_8)));
        }
    }

    private void push(String event, JsonNode payload) throws IOException {
        String ref;
        String joinRef;
        synchronized (this) {
            ref = String.valueOf(++refs);
            joinRef = wanted == null ? "0" : wanted.ref;
        }
        send(new RealtimeFrame(joinRef, ref, topic, event, payload));
    }

    private void send(RealtimeFrame frame) throws IOException {
        socket.write(version.write(frame));
    }

    private void awaitAnswer() {
        Join join = wanted;
        Await.until(() -> is(() -> open == join), PATIENCE, () -> join.ref + " answered; wrong " + wrong);
    }

    /** Waits until the latest join has been answered and has got rows and broadcasts after that. */
    private void settle() {
        awaitAnswer();
        Join join = wanted;
        int rows;
        int count;
        synchronized (this) {
            rows = join.rows;
            count = join.count;
        }
        Await.until(() -> is(() -> join.rows > rows + 1 && join.count > count + 1), PATIENCE, () -> "rows and broadcasts for " + join.ref + "; wrong " + wrong);
    }

    private synchronized boolean is(BooleanSupplier condition) {
        return condition.getAsBoolean();
    }

    private void readAll() {
        while (true) {
            RawWebSocket.Received received = socket.read();
            if (received instanceof RawWebSocket.Closed) {
                return;
            }
            try {
                take(received instanceof RawWebSocket.Binary binary ? version.read(binary.bytes()) : version.read(((RawWebSocket.Text) received).text()));
            } catch (AssertionError | RuntimeException e) {
                isWrong(e.toString());
            }
        }
    }

    private synchronized void take(RealtimeFrame frame) {
        switch (frame.event()) {
            case "phx_reply" -> reply(frame);
            case "phx_close" -> {
                Join join = joins.get(frame.ref());
                if (join == null || join.closed || join == wanted) {
                    isWrong("a close of what was not to end: " + frame);
                } else {
                    join.closed = true;
                    join.ended = true;
                    open = join == open ? null : open;
                }
            }
            case "postgres_changes", "broadcast", "presence_state", "presence_diff", "system" -> delivery(frame);
            default -> isWrong(frame.toString());
        }
    }

    private void reply(RealtimeFrame frame) {
        boolean ok = frame.payload().path("status").asText().equals("ok");
        Join join = joins.get(frame.ref());
        Join left = leaves.get(frame.ref());
        if (join != null) {
            if (!ok || join.answered || join.ended || open != null && Integer.parseInt(open.ref) > Integer.parseInt(join.ref)) {
                isWrong("the answer to a join: " + frame);
            }
            join.answered = true;
            // whatever was joined before it has ended, answered or not
            joins.values().forEach(other -> other.ended |= Integer.parseInt(other.ref) < Integer.parseInt(join.ref));
            open = join;
        } else if (left != null) {
            joins.values().forEach(other -> other.ended |= Integer.parseInt(other.ref) <= Integer.parseInt(left.ref));
            open = open == null || open.ended ? null : open;
        } else if (!ok) {
            said.remove(frame.ref()); // there was no channel to say it on
        }
    }

    private void delivery(RealtimeFrame frame) {
        if (open == null || frame.joinRef() != null && !frame.joinRef().equals(open.ref)) {
            isWrong((open == null ? "joined to nothing" : "joined as " + open.ref) + ": " + frame);
            return;
        }
        switch (frame.event()) {
            case "postgres_changes" -> {
                long seq = frame.payload().at("/data/record/seq").asLong();
                if (open.seq >= 0 && seq != open.seq + 1) {
                    isWrong("row " + seq + " after " + open.seq + " for " + open.ref);
                }
                open.seq = seq;
                open.rows++;
                lastSeq = Math.max(lastSeq, seq);
            }
            case "broadcast" -> {
                int count = frame.payload().at("/payload/n").asInt();
                if (!frame.payload().path("event").asText().equals("count") || open.count >= 0 && count != open.count + 1) {
                    isWrong("a broadcast after " + open.count + " for " + open.ref + ": " + frame);
                }
                open.count = count;
            }
            case "system" -> {
                if (!frame.payload().path("status").asText().equals("ok")) {
                    isWrong(frame.toString());
                }
            }
            default -> { }
        }
    }

    private synchronized void isWrong(String what) {
        wrong.add(what);
    }

    @Override
    public void close() {
        socket.close();
    }
}
