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
 * The subscriptions to tables of one event loop. Found by table, and by value where a filter says {@code column=eq.value}: what a change costs depends on
 * who gets it, never on how many subscribe to other values.
 */
final class TableIndex {

    private record Entry(BindingGroup group, RowFilter filter) {
    }

    /** The entries of one name, see {@link Binding.Target#namesOf}. */
    private static final class Entries {
        private final Map<String, Map<String, List<Entry>>> byValue = new HashMap<>(2);
        private final List<Entry> rest = new ArrayList<>(2);
        /** The shape that all filters were last found to go with. */
        private dev.parley.changes.Table shape;

        List<Entry> home(RowFilter filter) {
            return filter.indexColumn() == null ? rest : byValue.computeIfAbsent(filter.indexColumn(), column -> new HashMap<>())
                    .computeIfAbsent(filter.indexValue(), value -> new ArrayList<>(1));
        }

        void remove(Entry entry) {
            RowFilter filter = entry.filter;
            List<Entry> home = home(filter);
            home.remove(entry);
            if (home.isEmpty() && filter.indexColumn() != null) {
                Map<String, List<Entry>> values = byValue.get(filter.indexColumn());
                values.remove(filter.indexValue());
                if (values.isEmpty()) {
                    byValue.remove(filter.indexColumn());
                }
            }
        }

        /** Those that were made for another shape of the table: neither their index nor their answer holds. */
        List<Entry> outdated(dev.parley.changes.Table now) {
            if (now == shape || now == null) {
                return List.of();
            }
            List<Entry> outdated = new ArrayList<>(0);
            rest.forEach(entry -> addOutdated(entry, now, outdated));
            byValue.values().forEach(values -> values.values().forEach(equal -> equal.forEach(entry -> addOutdated(entry, now, outdated))));
            if (outdated.isEmpty()) {
                shape = now;
            }
            return outdated;
        }

        private static void addOutdated(Entry entry, dev.parley.changes.Table now, List<Entry> outdated) {
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
                entries.home(target.filter()).add(new Entry(group, target.filter()));
                entries.shape = null;
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
