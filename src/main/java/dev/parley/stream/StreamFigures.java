package dev.parley.stream;

import jakarta.enterprise.context.ApplicationScoped;
import java.util.concurrent.atomic.LongAdder;

/** What the streams did since the start, counted; written by all event loops, read by whoever reports. */
@ApplicationScoped
public class StreamFigures {

    private final LongAdder open = new LongAdder();
    private final LongAdder delivered = new LongAdder();
    private final LongAdder fellBehind = new LongAdder();
    private final LongAdder resynced = new LongAdder();

    void opened() {
        open.increment();
    }

    void closed() {
        open.decrement();
    }

    void delivered(int frames) {
        delivered.add(frames);
    }

    void fellBehind() {
        fellBehind.increment();
    }

    void resynced() {
        resynced.increment();
    }

    /** Streams open now. */
    public long open() {
        return open.sum();
    }

    /** Frames handed to readers. */
    public long deliveries() {
        return delivered.sum();
    }

    /** How often a reader was too slow and was sent to catch up from the database. */
    public long slowReaders() {
        return fellBehind.sum();
    }

    /** How often a reader was told to begin anew. */
    public long resyncs() {
        return resynced.sum();
    }
}
