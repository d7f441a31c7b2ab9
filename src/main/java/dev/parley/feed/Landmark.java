package dev.parley.feed;

import dev.parley.feed.FeedGap.Reason;
import io.vertx.core.Future;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.SqlClient;
import io.vertx.sqlclient.Tuple;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoField;

/**
 * A row of the log that a position's reader has had, the last one usually. While the log has it unchanged, the history is still the one in which the position
 * was taken; a database that was put back in time has lost it, or has another row under its id, even once it has used up the same transaction ids again.
 *
 * @param id    the row's
 * @param xid   the transaction that wrote it
 * @param stamp when it was written, in microseconds since 1970, the low 32 bits
 */
public record Landmark(long id, long xid, int stamp) {

    private static final String FIND = """
            select f.trimmed::text, l.xid::text::bigint, l.logged_at
            from parley.feed f left join parley.change_log l on l.id = $1
            """;

    public Landmark(long id, long xid, OffsetDateTime loggedAt) {
        this(id, xid, (int) (loggedAt.toEpochSecond() * 1_000_000 + loggedAt.get(ChronoField.MICRO_OF_SECOND)));
    }

    /**
     * Looks whether it still stands; one that was trimmed counts as standing.
     *
     * @return fails with {@link FeedGap} when history has changed
     */
    public Future<Void> find(SqlClient client) {
        return client.preparedQuery(FIND).execute(Tuple.of(id)).map(rows -> {
            Row row = rows.iterator().next();
            boolean stands = row.getValue(1) == null ? Snapshot.parse(row.getString(0)).sees(xid)
                    : equals(new Landmark(id, row.getLong(1), row.getOffsetDateTime(2)));
            if (!stands) {
                throw new FeedGap(Reason.HISTORY_CHANGED);
            }
            return null;
        });
    }
}
