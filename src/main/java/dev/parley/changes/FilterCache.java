package dev.parley.changes;

import io.vertx.core.Future;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;

/** The filters compiled last, those under way included: when ten thousand sockets come back, each filter is compiled once. Any thread. */
final class FilterCache {

    /** The table's name stands for it as long as its shape is the same. */
    private record Key(String schema, String table, String text) {
    }

    private record Entry(Table table, Future<RowFilter> filter) {
    }

    private static final int ENTRY_WEIGHT = 200;

    private final Map<Key, Entry> entries = new LinkedHashMap<>(64, 0.75f, true);
    private final int capacity;
    private int weight;

    /** @param capacity in characters of text, each entry taking some hundred besides */
    FilterCache(int capacity) {
        this.capacity = capacity;
    }

    /** A failure stays too, if it is the filter's own. */
    Future<RowFilter> get(Table table, String text, Supplier<Future<RowFilter>> compile) {
        Key key = new Key(table.schema(), table.name(), text);
        synchronized (entries) {
            Entry entry = entries.get(key);
            if (entry != null && (entry.table() == table || entry.table().equals(table))) {
                return entry.filter();
            }
        }
        Future<RowFilter> filter = compile.get();
        synchronized (entries) {
            weight += entries.put(key, new Entry(table, filter)) == null ? weight(key) : 0;
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
