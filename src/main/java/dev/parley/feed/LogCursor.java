package dev.parley.feed;

import dev.parley.feed.Change.Operation;
import io.vertx.core.Future;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.SqlClient;
import io.vertx.sqlclient.Tuple;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;

/**
 * Walks the change log from a position, page by page, exactly: each call returns what has become visible since the call before.
 *
 * <p>The session it reads on must have {@link FeedConnections#SESSION} in force. Not thread-safe; one read at a time.
 */
public final class LogCursor {

    /** The size of the rows that come before one in its page; measuring the records here would fetch all that are stored out of line. */
    private static final String BYTES_BEFORE = "sum(u.bytes) over (order by u.id) - u.bytes";

    /**
     * What became visible since the base: rows of transactions that began after it, and of those that were running then and are through by now.
     * Rows of transactions still running are not even looked at: a bulk load in progress would make every read scan all it has written so far. Of one that
     * is through, no more than a page: from {@code xid = x} PostgreSQL would conclude that the order of the ids is enough, and run through all of them.
     * Never asked by {@code xid >= xmin}: exact too, but one transaction left open would make every read scan all since it began.
     */
    private static final String FIRST_PAGE = """
            with s as materialized (select pg_current_snapshot() as upto)
            select s.upto::text, f.feed_id, f.trimmed::text,
                   l.id, l.xid::text::bigint, l.schema_name, l.table_name, l.operation,
                   %2$s, %3$s, %4$s, l.logged_at, l.found
            from s cross join parley.feed f left join lateral (
              select * from (
                select u.*, count(*) over () as found, %1$s as bytes_before
                from (
                  select %6$s from (
                    select %6$s from parley.change_log where xid >= $1::text::xid8
                    union all
                    select r.* from pg_catalog.unnest($2::text[]::xid8[]) x cross join lateral (
                      select %6$s from parley.change_log v where v.xid between x and x %5$s order by v.xid, v.id limit $3
                    ) r where pg_visible_in_snapshot(x, s.upto)
                  ) v
                  where pg_visible_in_snapshot(v.xid, s.upto)%5$s
                  order by v.id limit $3
                ) %7$s
              ) w where w.bytes_before < $4
            ) l on true
            order by l.id
            """;

    /** Every row of the delta is looked at to find the page's: here in the index alone (1,000,000 rows behind 0.4 s instead of 1.3 to 3.6). */
    private static final String[] FAR_BEHIND = {"id, xid", "i join parley.change_log u on u.id = i.id"};
    /** A few rows need no second look, and what is selected by what the rows hold needs the rows. */
    private static final String[] CLOSE_BEHIND = {"*", "u"};

    /**
     * The rest of the same delta. Goes by id from where the page before ended, so that the pages of a large delta together cost one pass over it;
     * the query above would sort all of it for each page. The rows of transactions that were running at the base may be anywhere, and are found by their
     * transaction; the others' begin at {@code $7}. By id alone, the last page behind a transaction that had stayed open ran through all that was logged since,
     * 1.8 million rows in 3.5 s.
     */
    private static final String NEXT_PAGE = """
            select $5::text, f.feed_id, f.trimmed::text,
                   l.id, l.xid::text::bigint, l.schema_name, l.table_name, l.operation,
                   %2$s, %3$s, %4$s, l.logged_at, l.found
            from parley.feed f left join lateral (
              select * from (
                select u.*, count(*) over () as found, %1$s as bytes_before
                from (
                  select * from (
                    (select v.* from parley.change_log v
                      where v.id > $6::bigint and v.id >= $7::bigint and v.xid >= $1::text::xid8 and pg_visible_in_snapshot(v.xid, $5::text::pg_snapshot)%5$s
                      order by v.id limit $3)
                    union all
                    select r.* from pg_catalog.unnest($2::text[]::xid8[]) x cross join lateral (
                      select v.* from parley.change_log v where v.xid between x and x and v.id > $6::bigint %5$s order by v.xid, v.id limit $3
                    ) r where pg_visible_in_snapshot(x, $5::text::pg_snapshot)
                  ) b
                  order by b.id limit $3
                ) u
              ) w where w.bytes_before < $4
            ) l on true
            order by l.id
            """;

    /**
     * What of a delta began after its base: where its rows begin, which is asked for where others of the delta may lie before them, and a row of its newest
     * transaction. The sum keeps PostgreSQL from looking for the least id first, through all that is older.
     */
    private static final String SURVEY = """
            with s as materialized (select $2::text::pg_snapshot as upto)
            select case when $3::boolean then (select min(l.id + 0) from parley.change_log l where l.xid >= $1::text::xid8 and pg_visible_in_snapshot(l.xid, s.upto)) end,
                   n.id, n.xid::text::bigint, n.logged_at
            from s left join lateral (
              select * from parley.change_log l where l.xid >= $1::text::xid8 and pg_visible_in_snapshot(l.xid, s.upto) order by l.xid desc, l.id desc limit 1
            ) n on true
            """;

    private static final String ALL_FIRST = sql(FIRST_PAGE, "", CLOSE_BEHIND);
    private static final String ALL_FAR_BEHIND = sql(FIRST_PAGE, "", FAR_BEHIND);
    private static final String ALL_NEXT = sql(NEXT_PAGE, "", CLOSE_BEHIND);
    private static final String SELECTED_FIRST = sql(FIRST_PAGE, LogSelection.CONDITION.formatted(5, 6, 7, 8), CLOSE_BEHIND);
    private static final String SELECTED_NEXT = sql(NEXT_PAGE, LogSelection.CONDITION.formatted(8, 9, 10, 11), CLOSE_BEHIND);

    /** With so many ids between what is read and a transaction of our own it is not looked whether all of them are still running. */
    private static final int MAX_SKIPPED = 100;

    private final LogSelection selection;
    private Position position;
    private long epoch = -1;
    /** What the last complete read saw; null when the position alone must do. */
    private Snapshot raw;
    /** What the delta that is being paged through goes up to; null between deltas. */
    private Snapshot upto;
    private long lastId;
    /** No row of the delta that is not one of a transaction running at the base has a lesser id. */
    private long begunFrom;
    /** A row of the newest transaction of the delta that is being paged through; null when that is an older one. */
    private Landmark newest;
    /** Counts the reads: what an abandoned one brings late is not taken. */
    private int attempt;

    public LogCursor(Position position) {
        this(position, null);
    }

    /** @param selection the rows that are wanted, null for all */
    public LogCursor(Position position, LogSelection selection) {
        this.position = position;
        this.selection = selection;
    }

    /** Goes on from where the other one is, and leaves that where it is. */
    public LogCursor(LogCursor other) {
        this.selection = other.selection;
        this.position = other.position;
        this.epoch = other.epoch;
        this.raw = other.raw;
        this.upto = other.upto;
        this.lastId = other.lastId;
        this.begunFrom = other.begunFrom;
        this.newest = other.newest;
    }

    public Position position() {
        return position;
    }

    /** Whether the next page goes on with a delta, and so shows nothing newer than the pages before it did. */
    public boolean isInsideDelta() {
        return upto != null;
    }

    /**
     * Reads the next page.
     *
     * @param client a connection or pool with {@link FeedConnections#SESSION}
     * @param now    the server's incarnation, see {@link Tail#epoch()}; raw snapshots of another one are forgotten
     * @param limit  how much at most
     * @return the page; fails with {@link FeedGap} when the position does not hold
     */
    public Future<Delta> read(SqlClient client, long now, PageLimit limit) {
        return read(client, now, limit, selection);
    }

    /**
     * The same, and should it go on with a delta, only of such rows. Not so of its first page: a few rows more cost less than looking for whom they are.
     *
     * @param ofTheRest null for all
     */
    Future<Delta> read(SqlClient client, long now, PageLimit limit, LogSelection ofTheRest) {
        if (epoch != now) {
            epoch = now;
            raw = null;
            upto = null;
            newest = null;
        }
        int mine = ++attempt;
        Snapshot base = raw != null ? raw : position.base();
        Tuple parameters = Tuple.tuple().addString(Long.toString(base.xmax())).addArrayOfString(base.runningTexts())
                .addInteger(limit.rows()).addLong(limit.bytes());
        boolean first = upto == null;
        if (!first) {
            parameters.addString(upto.text()).addLong(lastId).addLong(begunFrom);
        }
        LogSelection only = first ? selection : ofTheRest;
        if (only != null) {
            only.addTo(parameters);
        }
        Future<Delta> page = client.preparedQuery(sql(only != null)).execute(parameters).map(rows -> page(rows, limit, mine));
        return first ? page.compose(delta -> delta.complete() ? Future.succeededFuture(delta) : survey(client, base, mine).map(delta)) : page;
    }

    private Future<?> survey(SqlClient client, Snapshot base, int mine) {
        boolean others = base.running().length > 0;
        return client.preparedQuery(SURVEY).execute(Tuple.of(Long.toString(base.xmax()), upto.text(), others)).map(rows -> {
            requireLatest(mine);
            Row row = rows.iterator().next();
            newest = row.getValue(1) == null ? null : new Landmark(row.getLong(1), row.getLong(2), row.getOffsetDateTime(3));
            begunFrom = !others ? 0 : newest == null ? Long.MAX_VALUE : row.getLong(0);
            return null;
        });
    }

    private String sql(boolean selected) {
        if (upto != null) {
            return selected ? SELECTED_NEXT : ALL_NEXT;
        }
        return selected ? SELECTED_FIRST : raw != null ? ALL_FIRST : ALL_FAR_BEHIND;
    }

    /** Whether a transaction's rows have been read, as far as that is known without asking. */
    boolean has(long xid) {
        return raw != null && raw.sees(xid);
    }

    /**
     * Whether {@link #step} would go on by this transaction of ours: all that it saw is read.
     *
     * @param now see {@link #read}
     */
    boolean reaches(OwnCommit own, long now) {
        return epoch == now && raw != null && upto == null && own.xid() - raw.xmax() <= MAX_SKIPPED && own.seen().within(raw.with(own.xid()));
    }

    /**
     * Goes on by a transaction of our own without reading it. What it did not see may have committed in between; that is not claimed to be read, and so comes with
     * the next read. What it saw must have been read, or something would come after what was written in the knowledge of it.
     *
     * @param own that is not {@link #has read} and {@link #reaches in reach}, with its rows
     */
    Delta step(OwnCommit own) {
        Position before = position;
        raw = raw.with(own.xid());
        Snapshot seen = raw.clamp(Math.max(position.bound(), own.xid() + 1));
        List<Change> changes = new ArrayList<>(own.ids().length);
        for (int i = 0; i < own.ids().length; i++) {
            changes.add(change(seen, own.ids()[i], own.xid(), own.loggedAt(), own.schema(), own.table(), Operation.INSERT, own.records()[i], null, false));
        }
        return completed(before, changes, seen, null);
    }

    private Change change(Snapshot seen, long id, long xid, OffsetDateTime loggedAt, String schema, String table, Operation operation, String record,
            String oldRecord, boolean cut) {
        position = position.inside(seen, id, new Landmark(id, xid, loggedAt));
        return new Change(id, xid, schema, table, operation, record, oldRecord, cut, loggedAt, position);
    }

    /** Whoever has had the last row has had the whole delta. */
    private Delta completed(Position before, List<Change> changes, Snapshot seen, Landmark landmark) {
        position = landmark == null ? position.at(seen) : position.at(seen, landmark);
        if (!changes.isEmpty()) {
            int last = changes.size() - 1;
            changes.set(last, changes.get(last).after(position));
        }
        return new Delta(before, changes, true, raw, position);
    }

    private static String sql(String page, String condition, String[] behind) {
        return page.formatted(BYTES_BEFORE, LargeRows.text("l.record", "l.bytes"), LargeRows.text("l.old_record", "l.bytes"), LargeRows.isCut("l.bytes"), condition,
                behind[0], behind[1]);
    }

    /** Takes the position and raw snapshot of a read that began at nothing. */
    void begin(Position start, Snapshot seen, long now) {
        position = start;
        raw = seen;
        upto = null;
        epoch = now;
    }

    private void requireLatest(int mine) {
        if (mine != attempt) {
            throw new IllegalStateException("this read was given up");
        }
    }

    private Delta page(RowSet<Row> rows, PageLimit limit, int mine) {
        requireLatest(mine);
        Row head = rows.iterator().next();
        Snapshot seen = upto != null ? upto : Snapshot.parse(head.getString(0));
        position.requireHeld(head.getLong(1), seen, Snapshot.parse(head.getString(2)));

        Position before = position;
        long bound = position.bound();
        List<Change> changes = new ArrayList<>(rows.size());
        int read = 0;
        long found = 0;
        for (Row row : rows) {
            if (row.getValue(3) == null) {
                break; // the left join's answer when nothing is new
            }
            read++;
            found = row.getLong(12);
            lastId = row.getLong(3);
            long xid = row.getLong(4);
            if (raw == null && position.covers(xid, lastId)) {
                continue;
            }
            bound = Math.max(bound, xid + 1);
            changes.add(change(seen.clamp(bound), lastId, xid, row.getOffsetDateTime(11), row.getString(5), row.getString(6), Operation.valueOf(row.getString(7)),
                    row.getString(8), row.getString(9), row.getBoolean(10)));
        }
        if (found < limit.rows() && read == found) {
            boolean more = newest != null && selection == null;
            if (more) {
                bound = Math.max(bound, newest.xid() + 1); // its rows may be among those that were left out
            }
            raw = seen;
            upto = null;
            Delta delta = completed(before, changes, seen.clamp(bound), more ? newest : null);
            newest = null;
            return delta;
        }
        upto = seen;
        return new Delta(before, changes, false, seen, position);
    }
}
