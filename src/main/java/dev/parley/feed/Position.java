package dev.parley.feed;

import io.vertx.core.Future;
import io.vertx.sqlclient.SqlClient;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * A point in the feed that a reader has reached, exact and independent of the connection it was made on: all log rows that {@code base} sees are
 * delivered, and of each {@link Part} those up to its id.
 *
 * <p>A reader is inside a delta for as long as the delta's last row has not come: then there is a part. More than one appears only when a reader
 * resumes inside a delta and is cut off again before it is through.
 *
 * @param feedId   which log this is a point of
 * @param timeline PostgreSQL's timeline, 0 where it may not be asked
 * @param base     clamped
 * @param parts    ids falling, at most {@link #MAX_PARTS}
 * @param landmark by which a history that was changed is known; null when the log was empty
 */
public record Position(long feedId, int timeline, Snapshot base, List<Part> parts, Landmark landmark) {

    /** More are refused from outside; a reader that would need more repeats rows of its last delta instead. */
    public static final int MAX_PARTS = 8;

    /** Rows that {@code snapshot} (clamped) sees, with ids up to {@code id}. */
    public record Part(Snapshot snapshot, long id) {
    }

    // written out: compared for each idle stream, and in a native executable a record's own may be a thousand times slower
    @Override
    public boolean equals(Object other) {
        return this == other || other instanceof Position position && position.feedId == feedId && position.timeline == timeline && position.base.equals(base)
                && position.parts.equals(parts) && Objects.equals(position.landmark, landmark);
    }

    @Override
    public int hashCode() {
        return 31 * Long.hashCode(feedId) + base.hashCode();
    }

    public Position(long feedId, int timeline, Snapshot base, Landmark landmark) {
        this(feedId, timeline, base, List.of(), landmark);
    }

    /**
     * Reads what {@link #toString} wrote.
     *
     * @throws IllegalArgumentException for anything else
     */
    public static Position parse(String text) {
        return PositionCodec.decode(text);
    }

    /** Whether the reader has had the row. */
    public boolean covers(long xid, long id) {
        if (base.sees(xid)) {
            return true;
        }
        for (Part part : parts) {
            if (id <= part.id && part.snapshot.sees(xid)) {
                return true;
            }
        }
        return false;
    }

    /**
     * The position after a row inside a delta that was read with {@code upto}.
     *
     * @param last the row itself, or an earlier one
     */
    public Position inside(Snapshot upto, long id, Landmark last) {
        List<Part> after = new ArrayList<>(parts.size() + 1);
        for (Part part : parts) {
            if (part.id > id) {
                after.add(part);
            }
        }
        if (after.size() == MAX_PARTS) {
            return this;
        }
        after.add(new Part(upto, id));
        return new Position(feedId, timeline, base, List.copyOf(after), last);
    }

    /** Whether rows are missing of a delta whose first ones came. */
    public boolean isInsideDelta() {
        return !parts.isEmpty();
    }

    /** The position after a whole delta. */
    public Position at(Snapshot newBase) {
        return new Position(feedId, timeline, newBase, landmark);
    }

    /** The same with a row that the delta had. */
    Position at(Snapshot newBase, Landmark last) {
        return new Position(feedId, timeline, newBase, last);
    }

    /** The position of a reader that has had everything up to here and all that the (clamped) snapshot sees. */
    public Position with(Snapshot brought) {
        return new Position(feedId, timeline, base.union(brought), parts, landmark);
    }

    /** The least xmax that a clamped snapshot after this position may have. */
    long bound() {
        long bound = base.xmax();
        for (Part part : parts) {
            bound = Math.max(bound, part.snapshot.xmax());
        }
        return bound;
    }

    /**
     * Makes sure that everything after this position can be told, by what the statement says that reads it.
     *
     * @param log     the log's id now
     * @param seen    the statement's snapshot
     * @param trimmed what may be gone from the log
     * @throws FeedGap when it can't
     */
    public void requireHeld(long log, Snapshot seen, Snapshot trimmed) {
        if (feedId != log) {
            throw new FeedGap(FeedGap.Reason.OTHER_LOG);
        }
        if (bound() > seen.xmax()) {
            throw new FeedGap(FeedGap.Reason.FUTURE);
        }
        if (!isHeldBy(trimmed)) {
            throw new FeedGap(FeedGap.Reason.TRIMMED);
        }
    }

    /** Whether the log still holds everything after this position, when all that {@code trimmed} sees may be gone. */
    public boolean isHeldBy(Snapshot trimmed) {
        if (base.xmax() < trimmed.xmax()) {
            return false;
        }
        for (long xid : base.running()) {
            if (trimmed.sees(xid)) {
                return false;
            }
        }
        return true;
    }

    /** Looks whether the history is still the one in which this position was taken; fails with {@link FeedGap} when it is not. */
    public Future<Void> find(SqlClient client) {
        return landmark == null ? Future.succeededFuture() : landmark.find(client);
    }

    @Override
    public String toString() {
        return PositionCodec.encode(this);
    }
}
