package dev.parley.broadcast;

import io.netty.channel.EventLoop;
import jakarta.enterprise.context.ApplicationScoped;

/** Brings what is said on a topic to all who joined it, here and on the other replicas. */
@ApplicationScoped
public class TopicHub {

    /** Somebody who joined a topic. Called on the event loop that it joined on; must not block. */
    public interface Receiver {

        void receive(Broadcast broadcast);
    }

    /** Joins; effective at once. On {@code loop} only. */
    public void join(Topic topic, EventLoop loop, Receiver receiver) {
        throw new UnsupportedOperationException();
    }

    /** Leaves. On {@code loop} only. */
    public void leave(Topic topic, EventLoop loop, Receiver receiver) {
        throw new UnsupportedOperationException();
    }

    /** Says something to everybody but {@code source} (null: to everybody), on all replicas. Any thread. */
    public void publish(Topic topic, Broadcast broadcast, Receiver source) {
        throw new UnsupportedOperationException();
    }

    /** The same for this replica alone: for what each replica learns of by itself. Any thread. */
    public void publishHere(Topic topic, Broadcast broadcast) {
        throw new UnsupportedOperationException();
    }
}
