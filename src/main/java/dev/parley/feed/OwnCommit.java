package dev.parley.feed;

import java.time.OffsetDateTime;

/**
 * A transaction of ours as the statement knew it that wrote, with all that it logged: rows inserted into one table.
 *
 * @param xid      the transaction
 * @param seen     the statement's snapshot, raw; whether it counts the transaction itself does not matter
 * @param server   when the server was started, as it says it: what another one has seen has nothing to do with it
 * @param schema   of the table
 * @param table    of the rows
 * @param loggedAt when, to the microsecond
 * @param ids      the log's, rising; null where the rows are not told
 * @param records  the rows as JSON text, as the log has them; null likewise
 */
public record OwnCommit(long xid, Snapshot seen, String server, String schema, String table, OffsetDateTime loggedAt, Long[] ids, String[] records) {

    /** Takes {@code told} apart, which is {@code xid snapshot server}. Trusted input only: it comes from the database. */
    public static OwnCommit parse(String told, String schema, String table, OffsetDateTime loggedAt, Long[] ids, String[] records) {
        int first = told.indexOf(' '), second = told.indexOf(' ', first + 1);
        return new OwnCommit(Long.parseLong(told, 0, first, 10), Snapshot.parse(told.substring(first + 1, second)), told.substring(second + 1), schema, table, loggedAt,
                ids, records);
    }

    boolean isTold() {
        return ids != null;
    }
}
