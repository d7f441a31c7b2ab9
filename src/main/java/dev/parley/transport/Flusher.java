package dev.parley.transport;

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
    private boolean scheduled;

    private Flusher(EventLoop loop) {
        this.loop = loop;
    }

    static Flusher of(EventLoop loop) {
        return BY_LOOP.computeIfAbsent(loop, Flusher::new);
    }

    /** Flushes this one after whatever else this turn brings. */
    void add(Outbound outbound) {
        dirty.add(outbound);
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
    }
}
