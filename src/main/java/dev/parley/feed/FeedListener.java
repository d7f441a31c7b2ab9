package dev.parley.feed;

import java.util.Set;

/** Follows the tail. Called on the tail's event loop, in order; must not block. */
public interface FeedListener {

    /**
     * The tables of whose changes it has a use, null for all: of a long delta only those are read, once its first page has shown how long it is. Whoever comes to
     * want another table must have it here before he reads by himself what there is of it.
     */
    Set<LogSelection.Table> wanted();

    /** The tail read a page; it may hold nothing new. */
    void read(Delta delta);

    /** The tail lost its way and begins anew at {@code from}: what was between can't be told. */
    void reset(FeedGap.Reason reason, Position from);
}
