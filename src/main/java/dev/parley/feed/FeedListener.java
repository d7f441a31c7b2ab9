package dev.parley.feed;

/** Follows the tail. Called on the tail's event loop, in order; must not block. */
public interface FeedListener {

    /** The tail read a page; it may hold nothing new. */
    void read(Delta delta);

    /** The tail lost its way and begins anew at {@code from}: what was between can't be told. */
    void reset(FeedGap.Reason reason, Position from);
}
