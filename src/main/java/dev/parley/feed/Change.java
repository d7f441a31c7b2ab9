package dev.parley.feed;

import java.time.OffsetDateTime;

/**
 * One committed change of a watched table, as the log holds it.
 *
 * @param id        rises along a reader's way through one delta; of changes that lock each other out (one row, one conversation) always
 * @param xid       the transaction that made it
 * @param schema    of the table
 * @param table     the table, or its root
 * @param operation what happened
 * @param record    the new row as JSON text, null for deletes and truncates
 * @param oldRecord the old row as JSON text: all of a deleted one, of an updated one what the table's replica identity says, else null
 * @param cut       whether the row was too large for the log, see {@link LargeRows}: of its values, old and new, only the small ones are here
 * @param loggedAt  when it was made, to the microsecond; null where nobody asks
 * @param after     the position of a reader that has had everything up to and including this
 */
public record Change(long id, long xid, String schema, String table, Operation operation, String record, String oldRecord, boolean cut, OffsetDateTime loggedAt, Position after) {

    /** In PostgreSQL's words. */
    public enum Operation { INSERT, UPDATE, DELETE, TRUNCATE }

    /** The row that the change speaks of: the new one, or the deleted one. */
    public String row() {
        return record != null ? record : oldRecord;
    }

    Change after(Position position) {
        return new Change(id, xid, schema, table, operation, record, oldRecord, cut, loggedAt, position);
    }
}
