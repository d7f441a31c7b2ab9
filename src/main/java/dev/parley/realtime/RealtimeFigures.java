package dev.parley.realtime;

import jakarta.enterprise.context.ApplicationScoped;
import java.util.concurrent.atomic.LongAdder;

/** What the Supabase protocol did since the start, counted; written by all event loops, read by whoever reports. */
@ApplicationScoped
public class RealtimeFigures {

    private final LongAdder sockets = new LongAdder();
    private final LongAdder channels = new LongAdder();
    private final LongAdder refused = new LongAdder();
    private final LongAdder broadcasts = new LongAdder();
    private final LongAdder dropped = new LongAdder();

    void socketOpened() {
        sockets.increment();
    }

    void socketClosed() {
        sockets.decrement();
    }

    void joined() {
        channels.increment();
    }

    void left() {
        channels.decrement();
    }

    void refused() {
        refused.increment();
    }

    void broadcast() {
        broadcasts.increment();
    }

    void broadcastDropped() {
        dropped.increment();
    }

    /** Sockets open now. */
    public long sockets() {
        return sockets.sum();
    }

    /** Channels joined now. */
    public long channels() {
        return channels.sum();
    }

    /** Joins that were refused. */
    public long refusedJoins() {
        return refused.sum();
    }

    /** Broadcasts that clients sent. */
    public long broadcasts() {
        return broadcasts.sum();
    }

    /** Deliveries of broadcasts that were dropped because a client did not keep up. */
    public long droppedBroadcasts() {
        return dropped.sum();
    }
}
