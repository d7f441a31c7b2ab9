package dev.parley.changes;

import java.util.Map;
import java.util.WeakHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/** Filters that took the database too long of late, and those that may have: they are not compared again and again at the others' expense. Any thread. */
final class SlowFilters {

    /** What is known of a filter. */
    enum Standing {
        GOOD,
        /** It was asked together with one that took too long, or took too long before: it is asked by itself until it is known to be good. */
        SUSPECT,
        /** By itself it took too long: it is not asked for a while, and a suspect afterwards. */
        SLOW
    }

    private static final long REMEMBERED_NANOS = TimeUnit.MINUTES.toNanos(1);

    private record Mark(Standing standing, long since) {
    }

    /** As long as somebody has the filter; one is equal to itself alone. */
    private final Map<CompiledFilter, Mark> marks = new WeakHashMap<>();
    private final LongSupplier nanos;

    /** @param nanos a clock */
    SlowFilters(LongSupplier nanos) {
        this.nanos = nanos;
    }

    synchronized Standing of(CompiledFilter filter) {
        Mark mark = marks.get(filter);
        if (mark == null) {
            return Standing.GOOD;
        }
        return mark.standing == Standing.SLOW && nanos.getAsLong() - mark.since >= REMEMBERED_NANOS ? Standing.SUSPECT : mark.standing;
    }

    synchronized void mark(CompiledFilter filter, Standing standing) {
        if (standing == Standing.GOOD) {
            marks.remove(filter);
        } else {
            marks.put(filter, new Mark(standing, nanos.getAsLong()));
        }
    }
}
