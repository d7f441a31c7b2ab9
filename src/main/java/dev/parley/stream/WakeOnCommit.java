package dev.parley.stream;

import dev.parley.broadcast.EphemeralBus;
import dev.parley.conversation.MessagesCommitted;
import dev.parley.feed.Doorbell;
import dev.parley.feed.Tail;
import jakarta.enterprise.context.ApplicationScoped;

/** Our own batches commit without ringing: the own tail is told in the process, and the other replicas, if there are any, once for many. */
@ApplicationScoped
class WakeOnCommit implements MessagesCommitted {

    private final Tail tail;
    private final Doorbell doorbell;
    private final EphemeralBus bus;

    WakeOnCommit(Tail tail, Doorbell doorbell, EphemeralBus bus) {
        this.tail = tail;
        this.doorbell = doorbell;
        this.bus = bus;
    }

    @Override
    public void messagesCommitted() {
        tail.ring();
        if (bus.reachesOthers()) {
            doorbell.ringOthers();
        }
    }
}
