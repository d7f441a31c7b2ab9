package dev.parley.stream;

import dev.parley.conversation.MessagesCommitted;
import dev.parley.feed.Doorbell;
import dev.parley.feed.Tail;
import jakarta.enterprise.context.ApplicationScoped;

/** Our own batches commit without ringing: the own tail is told in the process, and the other replicas once for many. */
@ApplicationScoped
class WakeOnCommit implements MessagesCommitted {

    private final Tail tail;
    private final Doorbell doorbell;

    WakeOnCommit(Tail tail, Doorbell doorbell) {
        this.tail = tail;
        this.doorbell = doorbell;
    }

    @Override
    public void messagesCommitted() {
        tail.ring();
        doorbell.ringOthers();
    }
}
