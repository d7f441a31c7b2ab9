package dev.parley.stream;

import dev.parley.changes.RowFilter;
import dev.parley.changes.RowFilter.Verdict;
import dev.parley.feed.LogSelection.Table;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jboss.logging.Logger;

/**
 * The subscriptions to tables of one event loop. Found by table, and by value where a filter says {@code column=eq.value}, or by each of its values where it
 * says {@code column=in.(value,…)}: what a change costs depends on who gets it, never on how many subscribe to other values.
 */
final class TableIndex {

    private record Entry(BindingGroup group, RowFilter filter) {

        // written out: looked for among those of each of its values, and in a native executable a record's own may be a thousand times slower
        @Override
        public boolean equals(Object other) {
            return other instanceof Entry entry && entry.group == group && entry.filter == filter;
        }

        @Override
        public int hashCode() {
            return group.hashCode();
        }
    }

    /** The entries of one name, see {@link Binding.Target#namesOf}. */
    private static final class Entries {
        private final Map<String, Map<String, List<Entry>>> byValue = new HashMap<>(2);
        private final List<Entry> rest = new ArrayList<>(2);
        /** The shape that all filters were last compared with, null when that has to be done again. */
        private dev.parley.changes.Table shape;
        /** Those that did not go with it. */
        private List<Entry> outdated = List.of();

        void add(Entry entry) {
            String column = entry.filter.indexColumn();
            if (column == null) {
                rest.add(entry);
            } else {
                Map<String, List<Entry>> values = byValue.computeIfAbsent(column, name -> new HashMap<>());
                entry.filter.indexValues().forEach(value -> values.computeIfAbsent(value, text -> new ArrayList<>(1)).add(entry));
            }
            if (shape != null && !entry.filter.fits(shape)) {
                shape = null;
            }
        }

        void remove(Entry entry) {
            String column = entry.filter.indexColumn();
            if (column == null) {
                rest.remove(entry);
            } else {
                Map<String, List<Entry>> values = byValue.get(column);
                entry.filter.indexValues().forEach(value -> values.computeIfPresent(value, (text, equal) -> equal.remove(entry) && equal.isEmpty() ? null : equal));
                if (values.isEmpty()) {
                    byValue.remove(column);
                }
            }
            if (!outdated.isEmpty()) {
                outdated = List.of();
                shape = null;
            }
        }

        /** Those that were made for another shape of the table: neither their index nor their answer holds. Found once, not for each change of a page. */
        List<Entry> outdated(dev.parley.changes.Table now) {
            if (now == null) {
                return List.of();
            }
            if (now != shape) {
                Set<Entry> found = new LinkedHashSet<>();
                rest.forEach(entry -> addOutdated(entry, now, found));
                byValue.values().forEach(values -> values.values().forEach(equal -> equal.forEach(entry -> addOutdated(entry, now, found))));
                outdated = List.copyOf(found);
                shape = now;
            }
            return outdated;
        }

        private static void addOutdated(Entry entry, dev.parley.changes.Table now, Set<Entry> outdated) {
            if (!entry.filter.fits(now)) {
                outdated.add(entry);
            }
        }

        boolean isEmpty() {
            return byValue.isEmpty() && rest.isEmpty();
        }
    }

    private static final Logger LOG = Logger.getLogger(TableIndex.class);

    private final Interest interest;
    private final Map<Table, Entries> tables = new HashMap<>();
    private final Map<BindingGroup.Key, BindingGroup> groups = new HashMap<>();
    /** Those that want to be told their position now and then. */
    private final Subscribers positioned = new Subscribers();
    private List<BindingGroup> touched = new ArrayList<>();

    TableIndex(Interest interest) {
        this.interest = interest;
    }

    boolean isEmpty() {
        return tables.isEmpty();
    }

    Subscribers positioned() {
        return positioned;
    }

    void each(Consumer<StreamSubscription> action) {
        Set<StreamSubscription> all = new LinkedHashSet<>();
        groups.values().forEach(group -> group.each(all::add));
        all.forEach(subscription -> Subscribers.serve(subscription, action));
    }

    BindingGroup group(ChangeEncoder encoder, Binding binding) {
        return groups.computeIfAbsent(new BindingGroup.Key(encoder.audience(), binding.key()), key -> {
            BindingGroup group = new BindingGroup(key, binding, encoder);
            for (Binding.Target target : binding.targets()) {
                Table table = new Table(target.schema(), target.table());
                interest.add(table, target.filter());
                Entries entries = tables.computeIfAbsent(table, name -> new Entries());
                entries.add(new Entry(group, target.filter()));
            }
            return group;
        });
    }

    /** To be called when a member has left. */
    void left(BindingGroup group) {
        if (group.isEmpty() && groups.remove(group.key(), group)) {
            for (Binding.Target target : group.binding().targets()) {
                Table table = new Table(target.schema(), target.table());
                interest.remove(table, target.filter());
                Entries entries = tables.get(table);
                entries.remove(new Entry(group, target.filter()));
                if (entries.isEmpty()) {
                    tables.remove(table);
                }
            }
        }
    }

    void deliver(Batch batch) {
        if (tables.isEmpty()) {
            return;
        }
        int order = 0;
        for (TableChange change : batch.tableChanges()) {
            Entries own = tables.get(change.name());
            if (own != null) {
                own.outdated(change.table()).forEach(this::miss);
            }
            for (Table name : Binding.Target.namesOf(change.name())) {
                match(tables.get(name), batch, change, order);
            }
            order++;
        }
        if (touched.isEmpty()) {
            return;
        }
        List<BindingGroup> served = touched;
        touched = new ArrayList<>();
        Map<StreamSubscription, List<ChangePart>> several = new LinkedHashMap<>();
        served.forEach(group -> group.serve(batch.delta(),
                (subscription, part) -> several.computeIfAbsent(subscription, key -> new ArrayList<>(2)).add(part)));
        several.forEach((member, parts) -> Subscribers.serve(member,
                subscription -> subscription.changed(batch.delta(), parts.size() == 1 ? parts.get(0) : ChangePart.merged(parts))));
        served.forEach(this::left);
    }

    private void miss(Entry entry) {
        if (entry.group.miss()) {
            touched.add(entry.group);
        }
    }

    private void match(Entries entries, Batch batch, TableChange change, int order) {
        if (entries == null) {
            return;
        }
        entries.byValue.forEach((column, values) -> {
            if (!change.fits() && !change.columns().contains(column)) {
                // the column is gone, and the catalog has not said so yet
                values.values().forEach(equal -> equal.forEach(this::miss));
                return;
            }
            String value = change.tested().text(column);
            List<Entry> equal = value == null ? null : values.get(value);
            if (equal != null) {
                match(equal, batch, change, order);
            }
        });
        match(entries.rest, batch, change, order);
    }

    /** A filter that fails must not cost the others their rows: its own readers go and read the database, which says what is wrong with it. */
    private static Verdict verdict(Batch batch, Entry entry, TableChange change) {
        try {
            return batch.verdict(entry.filter, change);
        } catch (RuntimeException e) {
            LOG.debug("a filter failed", e);
            return Verdict.ASK;
        }
    }

    private void match(List<Entry> entries, Batch batch, TableChange change, int order) {
        for (Entry entry : entries) {
            if (entry.group.binding().event().includes(change.change().operation())) {
                boolean first = switch (verdict(batch, entry, change)) {
                    case MATCH -> entry.group.hit(change, order);
                    case ASK -> entry.group.miss();
                    case NO_MATCH -> false;
                };
                if (first) {
                    touched.add(entry.group);
                }
            }
        }
    }
}
