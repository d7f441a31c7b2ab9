package dev.parley.transport;

import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Writes out what the sockets of one event loop got in one turn of it, with one system call for each socket. On that event loop only.
 */
final class Flusher {

    private static final Map<EventLoop, Flusher> BY_LOOP = new ConcurrentHashMap<>();

    private final EventLoop loop;
    private List<Outbound> dirty = new ArrayList<>();
    private List<Outbound> spare = new ArrayList<>();
    /** Sequences whose buffers this turn made. */
    private final List<Sequence> made = new ArrayList<>();
    private Sequence nothing = Sequence.empty();
    private boolean scheduled;

    private Flusher(EventLoop loop) {
        this.loop = loop;
    }

    static Flusher of(EventLoop loop) {
        return BY_LOOP.computeIfAbsent(loop, Flusher::new);
    }

    /** What every socket has at the beginning of a turn. */
    Sequence nothing() {
        return nothing;
    }

    /** Flushes this one after whatever else this turn brings. */
    void add(Outbound outbound) {
        dirty.add(outbound);
        schedule();
    }

    /** A sequence whose bytes are there until the end of this turn. */
    Sequence made(Sequence sequence, ByteBufAllocator allocator) {
        if (!sequence.isMade()) {
            sequence.make(allocator);
            made.add(sequence);
            schedule();
        }
        return sequence;
    }

    private void schedule() {
        if (!scheduled) {
            scheduled = true;
            loop.execute(this::flush);
        }
    }

    private void flush() {
        scheduled = false;
        List<Outbound> now = dirty;
        dirty = spare;
        spare = now;
        for (Outbound outbound : now) {
            outbound.flush();
        }
        now.clear();
        made.forEach(Sequence::release);
        made.clear();
        nothing = Sequence.empty();
    }
}
