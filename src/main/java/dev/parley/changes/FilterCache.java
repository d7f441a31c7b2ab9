package dev.parley.changes;

import io.vertx.core.Future;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * The filters compiled last, those under way included: when ten thousand sockets come back, each filter is compiled once. Not for long: what the database
 * says of a value changes with the types (a new word of an enum) and with the day ({@code today}). Any thread.
 */
final class FilterCache {

    /** The table's name stands for it as long as its shape is the same. */
    private record Key(String schema, String table, String text) {
    }

    private record Entry(Table table, Future<RowFilter> filter, long since) {

        boolean holds(long now) {
            return !filter.isComplete() || now - since < (filter.succeeded() ? LIFETIME : LIFETIME_OF_REFUSALS);
        }
    }

    private static final int ENTRY_WEIGHT = 200;
    private static final long LIFETIME = TimeUnit.MINUTES.toNanos(1);
    private static final long LIFETIME_OF_REFUSALS = TimeUnit.SECONDS.toNanos(5);

    private final Map<Key, Entry> entries = new LinkedHashMap<>(64, 0.75f, true);
    private final int capacity;
    private final LongSupplier nanos;
    private int weight;

    /** @param capacity in characters of text, each entry taking some hundred besides */
    FilterCache(int capacity) {
        this(capacity, System::nanoTime);
    }

    /** @param nanos a clock */
    FilterCache(int capacity, LongSupplier nanos) {
        this.capacity = capacity;
        this.nanos = nanos;
    }

    /** A failure stays too, for a moment, if it is the filter's own. */
    Future<RowFilter> get(Table table, String text, Supplier<Future<RowFilter>> compile) {
        Key key = new Key(table.schema(), table.name(), text);
        Future<RowFilter> before = null;
        synchronized (entries) {
            Entry entry = entries.get(key);
            if (entry != null && (entry.table() == table || entry.table().equals(table))) {
                before = entry.filter();
                if (entry.holds(nanos.getAsLong())) {
                    return before;
                }
            }
        }
        Future<RowFilter> filter = before == null || before.failed() ? compile.get() : unlessAway(compile.get(), before.result());
        synchronized (entries) {
            weight += entries.put(key, new Entry(table, filter, nanos.getAsLong())) == null ? weight(key) : 0;
            Iterator<Key> oldest = entries.keySet().iterator();
            while (weight > capacity) {
                weight -= weight(oldest.next());
                oldest.remove();
            }
        }
        filter.onFailure(failure -> {
            if (!(failure instanceof FilterException)) {
                forget(key, filter);
            }
        });
        return filter;
    }

    /**
     * A database that can't be asked has said nothing else.
     *
     * @param before not its future: each would keep the one before it, from the first on
     */
    private static Future<RowFilter> unlessAway(Future<RowFilter> compiled, RowFilter before) {
        return compiled.recover(failure -> failure instanceof FilterException ? Future.failedFuture(failure) : Future.succeededFuture(before));
    }

    private void forget(Key key, Future<RowFilter> filter) {
        synchronized (entries) {
            Entry entry = entries.get(key);
            if (entry != null && entry.filter() == filter) {
                entries.remove(key);
                weight -= weight(key);
            }
        }
    }

    private static int weight(Key key) {
        return ENTRY_WEIGHT + key.text().length();
    }
}
