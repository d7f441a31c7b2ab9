package dev.parley.conversation;

import jakarta.enterprise.context.ApplicationScoped;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.IntConsumer;

/** What the writer did since the start, counted. */
@ApplicationScoped
public class WriterFigures {

    private final LongAdder messages = new LongAdder();
    private final LongAdder repeats = new LongAdder();
    private volatile IntConsumer batchSizes = size -> { };

    /** Whoever reports is told the size of each batch, on the writer's event loop. */
    public void onBatch(IntConsumer sizes) {
        batchSizes = sizes;
    }

    void committed(int size) {
        messages.add(size);
        batchSizes.accept(size);
    }

    void repeated() {
        repeats.increment();
    }

    /** Messages stored, repeated sends included. */
    public long messages() {
        return messages.sum();
    }

    /** Batches that had to be tried again. */
    public long repeats() {
        return repeats.sum();
    }
}
