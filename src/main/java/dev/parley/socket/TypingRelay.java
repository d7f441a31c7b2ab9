package dev.parley.socket;

import dev.parley.access.Identity;
import dev.parley.broadcast.EphemeralBus;
import dev.parley.stream.Frames;
import dev.parley.stream.Router;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.UUID;

/** Brings "somebody is typing" to a conversation's readers here and on the other replicas. Nothing of it is stored. */
@ApplicationScoped
class TypingRelay {

    private static final String KIND = "typing";

    private final EphemeralBus bus;
    private final Router router;

    TypingRelay(EphemeralBus bus, Router router) {
        this.bus = bus;
        this.router = router;
    }

    void start(@Observes StartupEvent event) {
        bus.subscribe(KIND, this::received);
    }

    /** @param source the socket it came from, which does not get it back */
    void typing(UUID conversation, Identity speaker, Object source) {
        byte[] frame = SocketJson.typing(conversation, speaker);
        router.ephemeral(conversation, new Frames(List.of(frame), source));
        bus.publish(KIND, conversation + " " + new String(frame, StandardCharsets.UTF_8));
    }

    /** The conversation's id, a space, the frame. */
    private void received(String payload) {
        byte[] frame = payload.substring(payload.indexOf(' ') + 1).getBytes(StandardCharsets.UTF_8);
        router.ephemeral(UUID.fromString(payload.substring(0, payload.indexOf(' '))), Frames.of(frame));
    }
}
