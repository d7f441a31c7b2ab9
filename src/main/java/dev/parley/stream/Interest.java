package dev.parley.stream;

import dev.parley.changes.RowFilter;
import dev.parley.feed.LogSelection.Table;
import dev.parley.stream.Binding.Target;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Which tables anybody on any event loop subscribes to, and with which filters that only PostgreSQL can apply. Written by the shards before a
 * subscription is confirmed, read by the tail's event loop, which does nothing for a change that nobody wants.
 */
final class Interest {

    private final Map<Table, Integer> tables = new ConcurrentHashMap<>();
    private final Map<Table, Map<RowFilter, Integer>> asking = new ConcurrentHashMap<>();

    void add(Table table, RowFilter filter) {
        tables.merge(table, 1, Integer::sum);
        if (filter.mayAsk()) {
            asking.computeIfAbsent(table, name -> new ConcurrentHashMap<>()).merge(filter, 1, Integer::sum);
        }
    }

    void remove(Table table, RowFilter filter) {
        tables.merge(table, -1, (known, less) -> known + less == 0 ? null : known + less);
        if (filter.mayAsk()) {
            asking.computeIfPresent(table, (name, filters) -> {
                filters.merge(filter, -1, (known, less) -> known + less == 0 ? null : known + less);
                return filters.isEmpty() ? null : filters;
            });
        }
    }

    /** Null when somebody wants more than named tables. */
    Set<Table> tables() {
        Set<Table> named = Set.copyOf(tables.keySet());
        return named.stream().anyMatch(Target::isOfMany) ? null : named;
    }

    boolean in(String schema, String table) {
        if (tables.isEmpty()) {
            return false;
        }
        for (Table name : Target.namesOf(new Table(schema, table))) {
            if (tables.containsKey(name)) {
                return true;
            }
        }
        return false;
    }

    /** The filters on a table that may have to be asked of the database. */
    List<RowFilter> asking(Table table) {
        if (asking.isEmpty()) {
            return List.of();
        }
        List<RowFilter> filters = new ArrayList<>();
        for (Table name : Target.namesOf(table)) {
            filters.addAll(asking.getOrDefault(name, Map.of()).keySet());
        }
        return filters;
    }
}
