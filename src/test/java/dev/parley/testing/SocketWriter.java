package dev.parley.testing;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;

/** Sends over conversation streams that it keeps open; without an answer it reconnects, on any instance, and sends the same id again. */
final class SocketWriter implements Writer {

    private static final Set<String> PASSING = Set.of("PARLEY-UNAVAILABLE", "PARLEY-OVERLOADED", "PARLEY-INTERNAL");
    private static final Duration BACK_OFF = Duration.ofMillis(100);
    private static final Duration ANSWER = Duration.ofSeconds(10);
    private static final int SOCKETS = 8;

    private final Load load;
    private final Random random;
    private final List<Instance> instances;
    private final Map<Integer, StreamClient> streams = new HashMap<>();
    private final Map<Integer, UUID> conversations = new HashMap<>();
    private int turn;

    SocketWriter(Load load, Random random, List<Instance> instances) {
        this.load = load;
        this.random = random;
        this.instances = instances;
        this.turn = random.nextInt(instances.size());
    }

    @Override
    public int write() {
        int place = random.nextInt(SOCKETS);
        UUID id = UUID.randomUUID();
        String content = load.content(random);
        while (!accepted(place, id, content)) {
            load.failIfOverdue();
            turn++;
            StreamClient broken = streams.remove(place);
            if (broken != null) {
                broken.close();
            }
            Await.pause(BACK_OFF);
        }
        load.acknowledged(id);
        return 1;
    }

    private boolean accepted(int place, UUID id, String content) {
        try {
            StreamClient stream = streams.get(place);
            if (stream == null) {
                UUID conversation = conversations.computeIfAbsent(place, unknown -> load.anyConversation(random));
                stream = StreamClient.conversation(conversation).connect(instances.get(turn % instances.size()));
                streams.put(place, stream);
            }
            stream.sendMessage(id, content);
            return answered(stream, id);
        } catch (IOException unreachable) {
            return false;
        }
    }

    private static boolean answered(StreamClient stream, UUID id) {
        long deadline = System.nanoTime() + ANSWER.toNanos();
        while (stream.isConnected() && System.nanoTime() < deadline) {
            JsonNode answer = stream.answer(id);
            if (answer == null) {
                Await.pause(Duration.ofMillis(1));
            } else if (answer.get("type").asText().equals("ack")) {
                return true;
            } else if (PASSING.contains(answer.get("code").asText())) {
                return false;
            } else {
                throw new AssertionError("refused: " + answer);
            }
        }
        return false;
    }

    @Override
    public void close() {
        streams.values().forEach(StreamClient::close);
    }
}
