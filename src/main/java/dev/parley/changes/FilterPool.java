package dev.parley.changes;

import dev.parley.database.Connections;
import dev.parley.database.ExpendablePool;
import io.vertx.core.Future;
import io.vertx.core.impl.NoStackTraceThrowable;
import io.vertx.pgclient.PgException;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.Tuple;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.IntSupplier;

/** A few sessions that only compare values: no table is read, nothing can be written. They are opened when first needed. Any thread. */
final class FilterPool {

    /**
     * The log's way of writing and reading values; types of extensions find their operators wherever the extension lives. What a type's checks do on the way
     * is its owner's code: it gets a second, and no right to write.
     */
    private static final String SESSION = """
            set statement_timeout = '1s'; set lock_timeout = '1s'; set jit = off; set default_transaction_read_only = on;
            select set_config('search_path', pg_catalog.concat_ws(', ', nullif(current_setting('search_path'), ''), (
              select string_agg(distinct pg_catalog.quote_ident(n.nspname), ', ')
              from pg_catalog.pg_type t
                join pg_catalog.pg_namespace n on n.oid = t.typnamespace
                join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_type'::regclass::oid and d.objid = t.oid and d.deptype = 'e'
              where n.nspname <> 'pg_catalog')), false)""" + Connections.SAME_TEXTS;

    static final Throwable NOT_ASKED = new NoStackTraceThrowable("what was to be asked is not wanted any more");

    /** A server that answers within a second or never. */
    private static final long PATIENCE_MS = 5_000;
    /** Classes of SQLSTATE that say nothing of the statement: connection, pooler, login, transaction, resources, locks, operator, system. */
    private static final Set<String> PASSING = Set.of("08", "26", "28", "3D", "40", "53", "55", "57", "58");

    private final ExpendablePool pool;
    private final IntSupplier ownTypesAge;
    private int age;

    /** @param ownTypesAge see {@link Catalog#ownTypesAge}: the sessions' path is of the moment in which they began */
    FilterPool(Connections connections, String name, int size, IntSupplier ownTypesAge) {
        this.ownTypesAge = ownTypesAge;
        this.pool = new ExpendablePool(() -> connections.pool(connections.options(name), size, SESSION), PATIENCE_MS);
    }

    /** Fails when no answer comes in time, whatever the connection's state. */
    Future<RowSet<Row>> ask(String sql, Tuple parameters) {
        return ask(sql, parameters, () -> true);
    }

    /** The same, but fails with {@link #NOT_ASKED} where it is not wanted any more. @param wanted asked once there is a session for it */
    Future<RowSet<Row>> ask(String sql, Tuple parameters, BooleanSupplier wanted) {
        renewIfOld();
        // many may wait for a session: the pool bounds that itself
        return pool.askOne(session -> wanted.getAsBoolean() ? session.preparedQuery(sql).execute(parameters) : Future.failedFuture(NOT_ASKED));
    }

    private synchronized void renewIfOld() {
        int now = ownTypesAge.getAsInt();
        if (age != now) {
            age = now;
            pool.giveUp(pool.pool());
        }
    }

    /** What the server objects to in the statement or its values; null when the failure is of another kind and may pass. */
    static PgException objection(Throwable failure) {
        return failure instanceof PgException said && !PASSING.contains(said.getSqlState().substring(0, 2)) ? said : null;
    }

    void close() {
        pool.close();
    }
}
