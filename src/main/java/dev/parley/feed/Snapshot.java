package dev.parley.feed;

import java.util.Arrays;

/**
 * What a PostgreSQL transaction snapshot sees: every transaction id below {@code xmax} that is not in {@code running}.
 *
 * <p>A raw snapshot, as read, holds only as long as the server does not crash: ids of transactions that wrote nothing durable are handed out
 * again afterwards. {@link #clamp} gives the form that outlives a crash.
 *
 * @param xmax    the first id not seen
 * @param running ids below {@code xmax} that are not seen, rising; shared, never changed
 */
public record Snapshot(long xmax, long[] running) {

    private static final long[] NONE = {};

    /** Sees nothing: PostgreSQL's first ordinary transaction id is 3. */
    public static final Snapshot EMPTY = new Snapshot(3, NONE);

    /** Reads PostgreSQL's text form {@code xmin:xmax:xip,xip,…}. Trusted input only: it comes from the database. */
    public static Snapshot parse(String text) {
        int first = text.indexOf(':'), second = text.indexOf(':', first + 1);
        long xmax = Long.parseLong(text, first + 1, second, 10);
        if (second == text.length() - 1) {
            return new Snapshot(xmax, NONE);
        }
        return new Snapshot(xmax, Arrays.stream(text.substring(second + 1).split(",")).mapToLong(Long::parseLong).toArray());
    }

    public boolean sees(long xid) {
        return xid < xmax && Arrays.binarySearch(running, xid) < 0;
    }

    /**
     * This snapshot cut down to ids below {@code bound}.
     *
     * @param bound one more than an id that is known to be flushed; every lower id is then settled for good
     */
    public Snapshot clamp(long bound) {
        if (bound >= xmax) {
            return this;
        }
        int count = Arrays.binarySearch(running, bound);
        count = count < 0 ? -count - 1 : count;
        return new Snapshot(bound, count == running.length ? running : Arrays.copyOf(running, count));
    }

    /** What is seen by this snapshot, and this id. */
    public Snapshot with(long xid) {
        if (sees(xid)) {
            return this;
        }
        if (xid < xmax) {
            return new Snapshot(xmax, Arrays.stream(running).filter(other -> other != xid).toArray());
        }
        long[] between = Arrays.copyOf(running, running.length + Math.toIntExact(xid - xmax));
        for (int i = running.length; i < between.length; i++) {
            between[i] = xmax + i - running.length;
        }
        return new Snapshot(xid + 1, between);
    }

    /** What is seen by this snapshot or by the other. */
    public Snapshot union(Snapshot other) {
        Snapshot high = xmax >= other.xmax ? this : other, low = high == this ? other : this;
        return new Snapshot(high.xmax, Arrays.stream(high.running).filter(xid -> !low.sees(xid)).toArray());
    }

    /** What is seen by this snapshot and by the other. */
    public Snapshot intersection(Snapshot other) {
        long bound = Math.min(xmax, other.xmax);
        return new Snapshot(bound, Arrays.stream(new long[][] {running, other.running}).flatMapToLong(Arrays::stream)
                .filter(xid -> xid < bound).sorted().distinct().toArray());
    }

    /** Whether everything that this snapshot sees is seen by the other too. */
    public boolean within(Snapshot other) {
        if (xmax > other.xmax) {
            for (long xid = other.xmax; xid < xmax; xid++) {
                if (sees(xid)) {
                    return false;
                }
            }
        }
        for (long xid : other.running) {
            if (sees(xid)) {
                return false;
            }
        }
        return true;
    }

    /** The ids below {@code xmax} that are not seen, as PostgreSQL reads an array of them. */
    public String[] runningTexts() {
        String[] texts = new String[running.length];
        for (int i = 0; i < texts.length; i++) {
            texts[i] = Long.toString(running[i]);
        }
        return texts;
    }

    /** PostgreSQL's text form. */
    public String text() {
        StringBuilder text = new StringBuilder().append(running.length == 0 ? xmax : running[0]).append(':').append(xmax).append(':');
        for (int i = 0; i < running.length; i++) {
            text.append(i == 0 ? "" : ",").append(running[i]);
        }
        return text.toString();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Snapshot that && xmax == that.xmax && Arrays.equals(running, that.running);
    }

    @Override
    public int hashCode() {
        return Long.hashCode(xmax) * 31 + Arrays.hashCode(running);
    }

    @Override
    public String toString() {
        return text();
    }
}
