package dev.parley.realtime;

import dev.parley.access.Access;
import dev.parley.access.Caller;
import dev.parley.changes.Catalog;
import dev.parley.changes.FilterException;
import dev.parley.changes.Filters;
import dev.parley.changes.Projection;
import dev.parley.changes.RowFilter;
import dev.parley.changes.Table;
import dev.parley.changes.WatchedTables;
import dev.parley.stream.Binding;
import dev.parley.stream.Binding.Start;
import dev.parley.stream.Binding.Target;
import io.vertx.core.Future;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** Holds the entries of {@code postgres_changes} against the database's tables. Any thread. */
@ApplicationScoped
class SubscriptionCompiler {

    private static final int MAX_PROBLEM = 1_000;
    private static final String UNABLE = "Unable to subscribe to changes with given parameters. ";

    /** The same entry may have been spelled out for other tables, or for other types of their columns, at another time. */
    private record Key(String entry, List<Target> targets) {
    }

    /**
     * What became of one entry: a binding or a problem, the other null.
     *
     * @param entry   as JSON
     * @param resumes whether the client wants to resume it by position
     * @param forbidden whether the problem is that the caller may not watch it
     */
    private record Compiled(String entry, Binding binding, boolean resumes, String problem, boolean forbidden) {

        static Compiled refused(String entry, String problem) {
            return new Compiled(entry, null, false, problem, false);
        }

        static Compiled refused(String entry, EntryException problem) {
            return new Compiled(entry, null, false, problem.getMessage(), problem.isForbidden());
        }
    }

    private final Catalog catalog;
    private final WatchedTables watched;
    private final Filters filters;
    private final Access access;
    private final boolean chat;
    private final int maxEntries;

    SubscriptionCompiler(Catalog catalog, WatchedTables watched, Filters filters, Access access, RealtimeSettings settings,
            @ConfigProperty(name = "parley.chat", defaultValue = "on") boolean chat) {
        this.catalog = catalog;
        this.watched = watched;
        this.filters = filters;
        this.access = access;
        this.chat = chat;
        this.maxEntries = settings.maxBindings;
    }

    /**
     * @param entries {@link ChangeEntry#reduced}
     * @return fails when the database can't be asked, and with {@link Refusal} for too many entries
     */
    Future<Subscriptions> compile(List<String> entries, Caller caller) {
        if (entries.isEmpty()) {
            return Future.succeededFuture(Subscriptions.NONE);
        }
        if (entries.size() > maxEntries) {
            return Future.failedFuture(new Refusal(Reasons.tooManyEntries(maxEntries)));
        }
        List<Future<Compiled>> compiled = entries.stream().map(entry -> compile(entry, caller)).toList();
        return Future.all(compiled).map(all -> put(compiled.stream().map(Future::result).toList()));
    }

    private Future<Compiled> compile(String text, Caller caller) {
        ChangeEntry entry;
        try {
            entry = ChangeEntry.read(text);
        } catch (EntryException e) {
            return Future.succeededFuture(Compiled.refused(text, e));
        }
        return targets(entry, caller).map(targets -> new Compiled(text, binding(entry, targets), entry.resumes(), null, false)).recover(failure -> {
            if (failure instanceof EntryException problem) {
                return Future.succeededFuture(Compiled.refused(text, problem));
            }
            if (failure instanceof FilterException problem) {
                return Future.succeededFuture(Compiled.refused(text, problem.isGrammar() ? problem.getMessage() : UNABLE
                        + "An exception happened so please check your connect parameters: " + entry.parameters() + ". Exception: " + problem.getMessage()));
            }
            return Future.failedFuture(failure);
        });
    }

    private Future<List<Target>> targets(ChangeEntry entry, Caller caller) {
        List<Table> tables = matching(entry);
        Future<List<Table>> known = !tables.isEmpty() ? Future.succeededFuture(tables) : watched.look().map(again -> matching(entry));
        return known.compose(found -> Futures.of(access.mayWatch(caller, entry.schema(), entry.table())).compose(allowed -> {
            if (found.isEmpty() || !allowed) {
                throw new EntryException(UNABLE + "Please check Realtime is enabled for the given connect parameters: " + entry.parameters(), !allowed);
            }
            if (entry.isWildcard() && entry.select() != null) {
                throw new EntryException("Column selection is not supported for wildcard subscriptions. Provide an explicit schema and table name.");
            }
            if (entry.filter() == null) {
                return Future.succeededFuture(List.of(new Target(entry.schema(), entry.table(), RowFilter.ALL)));
            }
            List<Future<Target>> targets = found.stream().map(table -> filters.compile(table, entry.filter())
                    .map(filter -> new Target(table.schema(), table.name(), filter))).toList();
            return Future.all(targets).map(all -> targets.stream().map(Future::result).toList());
        }));
    }

    private List<Table> matching(ChangeEntry entry) {
        if (!entry.isWildcard()) {
            Table table = catalog.table(entry.schema(), entry.table());
            return table == null ? List.of() : List.of(table);
        }
        Target wildcard = new Target(entry.schema(), entry.table(), RowFilter.ALL);
        return catalog.tables().stream().filter(table -> wildcard.covers(table.schema(), table.name())).toList();
    }

    private Binding binding(ChangeEntry entry, List<Target> targets) {
        Projection projection = entry.select() == null ? null : Projection.of(catalog.table(entry.schema(), entry.table()), entry.select());
        return new Binding(new Key(entry.key(), targets), id(entry.key()), entry.event(), targets, projection, entry.positionName(), start(entry, targets));
    }

    private Start start(ChangeEntry entry, List<Target> targets) {
        if (entry.position() != null) {
            return new Start.AfterPosition(entry.position());
        }
        if (entry.seq() < 0) {
            return Start.NOW;
        }
        RowFilter filter = targets.get(0).filter();
        boolean conversation = chat && entry.schema().equals("public") && entry.table().equals("messages") && "conversation_id".equals(filter.indexColumn())
                && filter.indexValue() != null;
        if (!conversation || entry.event() == Binding.Event.UPDATE || entry.event() == Binding.Event.DELETE) {
            throw new EntryException("Error parsing `after` params: a seq is for new rows of public.messages with a filter conversation_id=eq.ID; "
                    + "anything else resumes by the position that a change brought");
        }
        return new Start.AfterMessage(UUID.fromString(filter.indexValue()), entry.seq());
    }

    /** The same for the same entry everywhere, 27 bits as upstream's, and never 0: that would match nothing in the client. */
    private static long id(String key) {
        return Math.max(1, key.hashCode() * 0x9E3779B1L >>> 5 & 0x7FF_FFFF);
    }

    private static boolean isEarlier(Start one, Start other) {
        return other == Start.NOW && one != Start.NOW
                || one instanceof Start.AfterMessage first && other instanceof Start.AfterMessage second && first.seq() < second.seq();
    }

    /** As the client sent it, or it would not know it again. */
    private static String withId(String entry, long id) {
        return entry.substring(0, entry.length() - 1) + (entry.equals("{}") ? "" : ",") + "\"id\":" + id + "}";
    }

    /** An entry may be large, and stands in most texts. */
    private static String cut(String problem) {
        return problem.length() <= MAX_PROBLEM ? problem : problem.substring(0, MAX_PROBLEM) + "…";
    }

    private static Subscriptions put(List<Compiled> compiled) {
        StringBuilder echo = new StringBuilder("{\"postgres_changes\":[");
        Map<String, String> problems = new LinkedHashMap<>();
        Set<String> forbidden = new HashSet<>();
        Map<Object, Binding> bindings = new HashMap<>();
        List<Binding> order = new ArrayList<>();
        Set<Long> ids = new HashSet<>();
        boolean positions = false;
        for (Compiled one : compiled) {
            Binding binding = one.binding;
            long id;
            if (binding != null) {
                Binding known = bindings.get(binding.key());
                if (known == null) {
                    long free = binding.id();
                    while (!ids.add(free)) {
                        free++;
                    }
                    // two entries of one channel may hash alike: then the key has to tell the bumped one from its namesakes elsewhere
                    known = free == binding.id() ? binding : new Binding(List.of(binding.key(), free), free, binding.event(), binding.targets(),
                            binding.projection(), binding.positionName(), binding.start());
                    bindings.put(binding.key(), known);
                    order.add(known);
                } else if (isEarlier(binding.start(), known.start())) {
                    // older clients send equal entries that differ in their point only
                    Binding earlier = known.startingAt(binding.start());
                    order.set(order.indexOf(known), earlier);
                    bindings.put(binding.key(), earlier);
                    known = earlier;
                }
                id = known.id();
                positions |= one.resumes;
            } else {
                problems.put(one.entry, cut(one.problem));
                if (one.forbidden) {
                    forbidden.add(one.entry);
                }
                id = id(one.entry);
                while (!ids.add(id)) {
                    id++;
                }
            }
            echo.append(echo.charAt(echo.length() - 1) == '[' ? "" : ",").append(withId(one.entry, id));
        }
        return new Subscriptions(echo.append("]}").toString(), order, problems, forbidden, positions);
    }
}
