package dev.parley.stream;

import dev.parley.feed.Snapshot;
import io.vertx.core.Future;
import java.util.List;

/**
 * Brings one stream from where its reader stands to a snapshot, page by page out of the database. Reading does not move it: how it goes on is in the page,
 * so that a page that never came, or came too late, is read again.
 */
interface Replay {

    /**
     * One step of a replay.
     *
     * @param texts    frames, in order
     * @param complete whether everything that {@code seen} sees has now been brought
     * @param seen     the raw snapshot of this read; a complete page's is taken during this very read, so that what commits later still
     *                 comes from the tail
     * @param lastSeq  the conversation's last number at {@code seen}; −1 on the global stream
     * @param next     reads what comes after this page
     */
    record Page(List<byte[]> texts, boolean complete, Snapshot seen, long lastSeq, Replay next) {
    }

    /**
     * Reads a page.
     *
     * @param epoch the incarnation of the server, see {@link dev.parley.feed.Tail#epoch()}
     * @return the page, on any thread; fails with {@link dev.parley.feed.FeedGap} when it can't be told exactly, with
     *         {@link dev.parley.conversation.ParleyException} when there is no such stream; any other failure may be tried again
     */
    Future<Page> read(long epoch);
}
