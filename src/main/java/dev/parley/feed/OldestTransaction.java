package dev.parley.feed;

/**
 * For how long the oldest transaction has been running that the snapshots show: as long as it does, vacuum can remove nothing that was deleted since, and the change
 * log grows. Snapshots show those that have written, of all databases of the server, prepared ones too. Written by one thread, read by any.
 */
final class OldestTransaction {

    private static final long NONE = 0;

    private volatile long since;
    private volatile long xid = NONE;

    /** @param nanos when the snapshot was taken, by {@link System#nanoTime} */
    void seen(Snapshot snapshot, long nanos) {
        long oldest = snapshot.running().length == 0 ? NONE : snapshot.running()[0];
        if (oldest != xid) {
            since = nanos;
            xid = oldest;
        }
    }

    /** Nanoseconds since it was first seen to be the oldest; 0 when there is none. */
    long age(long nanos) {
        return xid == NONE ? 0 : nanos - since;
    }
}
