package dev.parley.broadcast;

import io.netty.buffer.ByteBufUtil;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;

/**
 * What waits to go to the other replicas: a queue for each kind with a bound of its own, so that no kind crowds out or delays an urgent one. The others
 * take turns, and are dropped when they have waited for too long: who gets too much to send would else be late for ever after. Any thread adds, one at a
 * time takes.
 */
final class Outbox {

    /** A line's place in the order of its kind. */
    final class Place {

        private String line;
        private long settledAt;
        private volatile boolean settled;

        /** @param line null when it does not come after all */
        void settle(String line) {
            this.line = line;
            settledAt = nanoTime.getAsLong();
            settled = true;
        }
    }

    private final class Waiting {

        private final Queue<Place> places = new ConcurrentLinkedQueue<>();
        private final AtomicInteger size = new AtomicInteger();
        private final long patienceNanos;
        /** When the first one was there, and all that had been before it. */
        private long mayGoSince = nanoTime.getAsLong();

        Waiting(long patienceNanos) {
            this.patienceNanos = patienceNanos;
        }

        /**
         * As many as fit, up to one that is still to come, without those that could have gone for too long.
         *
         * @return whether one that could go does not fit
         */
        boolean moveTo(Batch batch) {
            for (Place next; (next = places.peek()) != null && next.settled; ) {
                if (next.settledAt - mayGoSince > 0) {
                    mayGoSince = next.settledAt;
                }
                if (next.line != null) {
                    if (nanoTime.getAsLong() - mayGoSince > patienceNanos) {
                        dropped.run();
                    } else if (!batch.add(next.line)) {
                        return true;
                    }
                }
                places.poll();
                size.decrementAndGet();
            }
            return false;
        }
    }

    private static final class Batch {

        private final StringBuilder lines = new StringBuilder();
        private final int maxBytes;
        private int bytes;

        Batch(int maxBytes) {
            this.maxBytes = maxBytes;
        }

        boolean add(String line) {
            int size = ByteBufUtil.utf8Bytes(line) + 1;
            if (bytes + size > maxBytes) {
                return false;
            }
            bytes += size;
            lines.append(line).append('\n');
            return true;
        }
    }

    private final int most;
    private final long patienceNanos;
    private final Runnable dropped;
    private final LongSupplier nanoTime;
    private final Map<String, Waiting> kinds = new ConcurrentHashMap<>();
    private final List<Waiting> urgent;
    private final List<Waiting> others = new CopyOnWriteArrayList<>();
    private int turn;
    /** One whose line found no place behind the urgent ones: it may be first once, or a long one would never go. */
    private Waiting crowdedOut;

    /**
     * @param most     more of a kind may not wait
     * @param urgent   the kinds that go before all others, the most urgent first; of these none is dropped
     * @param patience for so long may one of the others wait that could go: the time that a larger one before it takes to come does not count
     * @param dropped  called for each that has waited for longer
     */
    Outbox(int most, List<String> urgent, Duration patience, Runnable dropped, LongSupplier nanoTime) {
        this.most = most;
        this.patienceNanos = patience.toNanos();
        this.dropped = dropped;
        this.nanoTime = nanoTime;
        this.urgent = urgent.stream().map(kind -> kinds.computeIfAbsent(kind, unused -> new Waiting(Long.MAX_VALUE))).toList();
    }

    /** Keeps a place for a line that is to come; null when there is none. */
    Place reserve(String kind) {
        Waiting waiting = kinds.computeIfAbsent(kind, unused -> {
            Waiting added = new Waiting(patienceNanos);
            others.add(added);
            return added;
        });
        if (waiting.size.incrementAndGet() > most) {
            waiting.size.decrementAndGet();
            return null;
        }
        Place place = new Place();
        waiting.places.add(place);
        return place;
    }

    /** The next lines, each with a line break, of at most so many bytes; empty when none may go. */
    String take(int maxBytes) {
        Batch batch = new Batch(maxBytes);
        Waiting first = crowdedOut;
        crowdedOut = null;
        if (first != null) {
            first.moveTo(batch);
        }
        urgent.forEach(waiting -> waiting.moveTo(batch));
        List<Waiting> inTurn = List.copyOf(others);
        turn++;
        for (int i = 0; i < inTurn.size(); i++) {
            Waiting next = inTurn.get(Math.floorMod(turn + i, inTurn.size()));
            // never twice in a row: the urgent ones may be long too
            if (next.moveTo(batch) && first == null && crowdedOut == null) {
                crowdedOut = next;
            }
        }
        return batch.lines.toString();
    }

    boolean isEmpty() {
        return kinds.values().stream().allMatch(waiting -> waiting.places.isEmpty());
    }
}
