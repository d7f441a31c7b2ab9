package dev.parley.feed;

import dev.parley.feed.FeedGap.Reason;

/**
 * Which history a connection shows.
 *
 * @param feedId   the log
 * @param timeline PostgreSQL's timeline
 */
public record FeedIdentity(long feedId, int timeline) {

    /**
     * Whether a position may be used here.
     *
     * @throws FeedGap when it belongs to another history
     */
    public void check(Position position) {
        if (position.feedId() != feedId) {
            throw new FeedGap(Reason.OTHER_LOG);
        }
        if (position.timeline() != timeline) {
            throw new FeedGap(Reason.FAILED_OVER);
        }
    }
}
