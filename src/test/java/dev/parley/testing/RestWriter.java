package dev.parley.testing;

import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.UUID;

/** Sends by REST; whatever goes wrong on the way is tried again with the same id on the next instance. */
final class RestWriter implements Writer {

    private static final Duration BACK_OFF = Duration.ofMillis(100);

    private final Load load;
    private final Random random;
    private final List<Instance> instances;
    private int turn;

    RestWriter(Load load, Random random, List<Instance> instances) {
        this.load = load;
        this.random = random;
        this.instances = instances;
        this.turn = random.nextInt(instances.size());
    }

    @Override
    public int write() {
        UUID conversation = load.anyConversation(random);
        UUID id = UUID.randomUUID();
        String content = load.content(random);
        while (!accepted(conversation, id, content)) {
            load.failIfOverdue();
            turn++;
            Await.pause(BACK_OFF);
        }
        load.acknowledged(id);
        return 1;
    }

    private boolean accepted(UUID conversation, UUID id, String content) {
        HttpResponse<String> response;
        try {
            response = Api.of(instances.get(turn % instances.size())).send(conversation, id, content);
        } catch (RuntimeException unreachable) {
            return false;
        }
        if (response.statusCode() == 200 || response.statusCode() == 201) {
            return true;
        }
        if (response.statusCode() < 500) {
            throw new AssertionError("refused: " + response.statusCode() + " " + response.body());
        }
        return false;
    }

    @Override
    public void close() {
    }
}
