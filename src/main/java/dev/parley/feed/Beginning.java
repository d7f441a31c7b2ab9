package dev.parley.feed;

import dev.parley.feed.FeedConnections.Primary;
import dev.parley.feed.FeedGap.Reason;
import io.vertx.core.Future;
import io.vertx.sqlclient.Row;

/**
 * Where a feed begins that goes on from nothing before: at what a primary shows now.
 *
 * @param identity the log's
 * @param position at what has been flushed of it
 * @param seen     all of it, raw
 */
record Beginning(FeedIdentity identity, Position position, Snapshot seen) {

    private static final String NOW = """
            select pg_current_snapshot()::text, l.id, l.xid::text::bigint, l.logged_at
            from (select) one left join lateral (select * from parley.change_log order by xid desc limit 1) l on true
            """;

    static Future<Beginning> of(Primary primary) {
        return primary.connection().query(NOW).execute().map(rows -> {
            Row row = rows.iterator().next();
            Snapshot seen = Snapshot.parse(row.getString(0));
            Landmark newest = row.getValue(1) == null ? null : new Landmark(row.getLong(1), row.getLong(2), row.getOffsetDateTime(3));
            Snapshot base = seen.clamp(Math.max(newest == null ? 0 : newest.xid() + 1, primary.trimmed().xmax()));
            return new Beginning(primary.identity(), new Position(primary.identity().feedId(), primary.identity().timeline(), base, newest), seen);
        });
    }

    /** After a position that does not hold: where the database has lost what was delivered, no position handed out so far may hold, so its log gets another name. */
    static Future<Beginning> after(Reason gap, Primary primary) {
        if (gap != Reason.HISTORY_CHANGED && gap != Reason.FUTURE) {
            return of(primary);
        }
        return primary.connection().query("select parley.new_log_id()").execute()
                .map(rows -> primary.with(new FeedIdentity(rows.iterator().next().getLong(0), primary.identity().timeline())))
                .compose(Beginning::of);
    }

    /** Why a position can't be gone on from, or null. */
    static Future<Reason> gapSince(Position position, Primary primary) {
        try {
            primary.identity().check(position);
        } catch (FeedGap other) {
            return Future.succeededFuture(other.reason());
        }
        if (!position.isHeldBy(primary.trimmed())) {
            return Future.succeededFuture(Reason.TRIMMED);
        }
        return position.find(primary.connection()).<Reason>mapEmpty()
                .recover(failure -> failure instanceof FeedGap found ? Future.succeededFuture(found.reason()) : Future.failedFuture(failure));
    }
}
