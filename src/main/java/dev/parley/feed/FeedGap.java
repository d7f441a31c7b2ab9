package dev.parley.feed;

/** A position does not hold: what came after it can't be told exactly. The reader must begin anew. */
public final class FeedGap extends RuntimeException {

    /** Why, as it stands in a {@code resync} frame. */
    public enum Reason {
        /** The log no longer reaches back to the position. */
        TRIMMED,
        /** The position belongs to another log: a restored database, another cluster. */
        OTHER_LOG,
        /** The database failed over or was recovered since. */
        FAILED_OVER,
        /** The position is ahead of the database: it was put back in time, or the position was made up. */
        FUTURE,
        /** What was delivered is not in the database any more. */
        HISTORY_CHANGED,
        /** {@code after} is beyond the conversation's last number. */
        BEYOND_LAST_SEQ,
        /** More was edited and deleted since than a replay carries. */
        TOO_FAR_BEHIND,
        /** The table was truncated. */
        TRUNCATED,
        /** PostgreSQL could not say of a row whether a filter holds for it: it took too long, or its value is none of the column's type as it is now. */
        NOT_JUDGED;

        /** Lower case, for frames. */
        public String word() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }
    }

    private final Reason reason;

    public FeedGap(Reason reason) {
        super(reason.word(), null, false, false);
        this.reason = reason;
    }

    public Reason reason() {
        return reason;
    }
}
