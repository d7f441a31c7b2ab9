package dev.parley.changes;

import io.vertx.core.Future;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;

/** The watched tables' shapes, read again now and then and whenever a row does not go with them. Any thread. */
@ApplicationScoped
public class Catalog {

    /**
     * A table is watched when it has the insert trigger under its own name; its partitions and children have it under another.
     * Virtual generated columns (PostgreSQL 18) are not logged, and so nothing that can be filtered by or selected.
     */
    private static final String SHAPES = """
            select n.nspname::text, c.relname::text, c.relrowsecurity, a.names, a.types, a.casts, a.collations, a.deterministic,
                   array(select k.attname::text from pg_index i, unnest(i.indkey::smallint[]) with ordinality p (attnum, number), pg_attribute k
                         where i.indrelid = c.oid and i.indisprimary and p.number <= i.indnkeyatts and k.attrelid = c.oid and k.attnum = p.attnum
                         order by p.number),
                   parley.replica_identity(c.oid)
            from pg_trigger t
            join pg_class c on c.oid = t.tgrelid
            join pg_namespace n on n.oid = c.relnamespace
            cross join lateral (
              select coalesce(array_agg(a.attname::text order by a.attnum), '{}') as names,
                     coalesce(array_agg(y.typname::text order by a.attnum), '{}') as types,
                     coalesce(array_agg(format('%I.%I', z.nspname, y.typname) order by a.attnum), '{}') as casts,
                     coalesce(array_agg(case when a.attcollation <> y.typcollation then format('%I.%I', cn.nspname, co.collname) end order by a.attnum), '{}') as collations,
                     coalesce(array_agg(coalesce(co.collisdeterministic, true) order by a.attnum), '{}') as deterministic
              from pg_attribute a join pg_type y on y.oid = a.atttypid join pg_namespace z on z.oid = y.typnamespace
                left join pg_collation co on co.oid = a.attcollation left join pg_namespace cn on cn.oid = co.collnamespace
              where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated <> 'v'
            ) a
            where t.tgname = 'parley_log_insert' and t.tgfoid = 'parley.log_change()'::regprocedure and n.nspname <> 'realtime'
              and t.tgargs = parley.trigger_arguments(n.nspname, c.relname)
            order by 1, 2
            """;

    /** How long delivery waits at most for the shape of a row. */
    private static final long PATIENCE_MILLIS = 250;
    private static final long PAUSE_NANOS = Duration.ofSeconds(1).toNanos();
    /** Whatever does not fit beyond these is not waited for either. */
    private static final int MAX_MISFITS = 1_000;

    private final TableConnections connections;
    private final Coalesced refresh = new Coalesced(this::read);
    private volatile Map<String, Map<String, Table>> bySchema = Map.of();
    private volatile List<Table> all = List.of();
    private volatile boolean read;
    /** Types that are not the system's, and how often there have been new ones since the first look. */
    private Set<String> ownTypes = Set.of();
    private volatile int ownTypesAge;
    /** Those that did not go with their tables' present shapes even after a look. */
    private final Set<Misfit> known = ConcurrentHashMap.newKeySet();
    private final AtomicLong lookedAt = new AtomicLong(System.nanoTime() - PAUSE_NANOS);
    private volatile long silentUntil = System.nanoTime();

    /**
     * A row that does not go with its table's shape: altered since, or written to a child that has columns of its own.
     *
     * @param schema  under which it is logged
     * @param table   likewise
     * @param columns that it has
     */
    public record Misfit(String schema, String table, List<String> columns) {
    }

    Catalog(TableConnections connections) {
        this.connections = connections;
    }

    /** The shape as known now, or null when no such table is watched as far as is known. A shape stays the same object until it changes. */
    public Table table(String schema, String name) {
        return table(bySchema, schema, name);
    }

    private static Table table(Map<String, Map<String, Table>> shapes, String schema, String name) {
        Map<String, Table> tables = shapes.get(schema);
        return tables == null ? null : tables.get(name);
    }

    /** All watched tables, as known now. */
    public Collection<Table> tables() {
        return all;
    }

    /** Reads the shapes again now; calls that come while one runs share the next. Fails when the database can't be asked. */
    public Future<Void> refresh() {
        return refresh.run();
    }

    /**
     * Looks whether there are shapes by now that go with these rows, which delivery to everybody waits for. Rows that nothing goes with are remembered and
     * waited for no more, as long as their table's shape stays: there are looks then, one a second, but behind delivery's back.
     *
     * @return within 250 ms; never fails: what is known must then do
     */
    public Future<Void> refreshFor(Set<Misfit> misfits) {
        boolean hopeless = known.size() >= MAX_MISFITS || System.nanoTime() - silentUntil < 0 || known.containsAll(misfits);
        if (hopeless) {
            long now = System.nanoTime();
            long last = lookedAt.get();
            if (now - last >= PAUSE_NANOS && lookedAt.compareAndSet(last, now)) {
                refresh();
            }
            return Future.succeededFuture();
        }
        lookedAt.set(System.nanoTime());
        return refresh().map(done -> {
            misfits.stream().filter(misfit -> !fits(misfit)).forEach(known::add);
            return done;
        }).timeout(PATIENCE_MILLIS, TimeUnit.MILLISECONDS).otherwise(failure -> {
            silentUntil = System.nanoTime() + PAUSE_NANOS;
            return null;
        });
    }

    private boolean fits(Misfit misfit) {
        Table shape = table(misfit.schema, misfit.table);
        return shape != null && shape.fits(misfit.columns);
    }

    /** Grows when columns have types of somebody's own that none had before: of an extension perhaps, in a schema that no session has looked into yet. */
    int ownTypesAge() {
        return ownTypesAge;
    }

    /** Whether the shapes have been read at all. */
    boolean isRead() {
        return read;
    }

    private Future<Void> read() {
        return connections.ask(pool -> pool.query(SHAPES).execute()).map(rows -> {
            take(rows);
            return null;
        });
    }

    private void take(RowSet<Row> rows) {
        Map<String, Map<String, Table>> shapes = new HashMap<>();
        List<Table> tables = new ArrayList<>(rows.size());
        for (Row row : rows) {
            Table now = table(row);
            Table before = table(now.schema(), now.name());
            Table table = now.equals(before) ? before : now;
            shapes.computeIfAbsent(table.schema(), schema -> new HashMap<>()).put(table.name(), table);
            tables.add(table);
        }
        Map<String, Map<String, Table>> before = bySchema;
        Set<String> types = tables.stream().flatMap(table -> table.columns().stream()).map(Column::cast).filter(cast -> !cast.startsWith("pg_catalog."))
                .collect(Collectors.toSet());
        if (read && !ownTypes.containsAll(types)) {
            ownTypesAge++;
        }
        ownTypes = types;
        bySchema = shapes;
        all = List.copyOf(tables);
        read = true;
        known.removeIf(misfit -> table(before, misfit.schema, misfit.table) != table(misfit.schema, misfit.table));
    }

    private static Table table(Row row) {
        String[] names = row.getArrayOfStrings(3);
        String[] types = row.getArrayOfStrings(4);
        String[] casts = row.getArrayOfStrings(5);
        String[] collations = row.getArrayOfStrings(6);
        Boolean[] deterministic = row.getArrayOfBooleans(7);
        List<Column> columns = new ArrayList<>(names.length);
        for (int i = 0; i < names.length; i++) {
            columns.add(new Column(names[i], types[i], casts[i], collations[i], deterministic[i]));
        }
        return new Table(row.getString(0), row.getString(1), List.copyOf(columns), List.of(row.getArrayOfStrings(8)),
                identity(List.of(row.getArrayOfStrings(9)), names), row.getBoolean(2));
    }

    /** From the form in which the update trigger gets it: the kind, then the columns of a key. */
    private static List<String> identity(List<String> arguments, String[] columns) {
        if (arguments.isEmpty()) {
            return List.of();
        }
        return arguments.get(0).equals("full") ? List.of(columns) : arguments.subList(1, arguments.size());
    }
}
