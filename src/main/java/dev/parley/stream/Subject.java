package dev.parley.stream;

import dev.parley.feed.FeedGap.Reason;
import dev.parley.feed.Position;

/** What a subscription follows, and what its reader is told besides the changes themselves. One for each subscription, on its shard's event loop. */
interface Subject {

    /** Whether it is changes of tables, as opposed to chat. */
    boolean isTables();

    /** Puts the subscription where the shard finds it. */
    void enter(Shard shard, StreamSubscription subscription);

    void leave(Shard shard);

    /** A replay that brings nothing but the snapshot to go live from. */
    Replay fromNow();

    /** @param had the messages delivered, where there is one conversation */
    Replay from(Numbers had, Position position);

    /** The frame that says that the backlog is through, or null. */
    byte[] live(long lastSeq, Position position);

    /** The frame that says that what the reader has can't be continued exactly. */
    byte[] resync(Reason reason);

    /** The frame that says that nothing happened, but that what the reader has reaches to here. */
    byte[] position(Position position);
}
