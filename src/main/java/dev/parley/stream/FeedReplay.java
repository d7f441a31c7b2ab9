package dev.parley.stream;

import dev.parley.feed.FeedGap;
import dev.parley.feed.FeedGap.Reason;
import dev.parley.feed.LogCursor;
import dev.parley.feed.Position;
import dev.parley.stream.ChatChange.Kind;
import io.vertx.core.Future;
import java.util.List;
import java.util.Objects;

/** Replays the global stream out of the change log. */
final class FeedReplay implements Replay {

    private final ReplayReader reader;
    private final Position from;
    private LogCursor cursor;

    /** @param from null to begin with what commits from now on */
    FeedReplay(ReplayReader reader, Position from) {
        this.reader = reader;
        this.from = from;
    }

    @Override
    public Future<Page> read(long epoch) {
        FeedReplay next = new FeedReplay(reader, from);
        next.cursor = cursor == null ? null : new LogCursor(cursor);
        return next.advance(epoch);
    }

    private Future<Page> advance(long epoch) {
        if (cursor == null) {
            // without a position: from where the tail stands, a moment ago, and nothing of what came in that moment
            Position start = reader.known(from);
            cursor = new LogCursor(start);
        }
        // the last page of a long delta shows what its first page saw; what committed since is for one more read to bring
        boolean old = cursor.isInsideDelta();
        return reader.read(cursor, epoch).map(delta -> {
            boolean complete = delta.complete() && !old;
            if (from == null) {
                // not looked into: where chat is off, the rows of tables with the names of chat's may be anything
                return new Page(List.of(), complete, delta.upto(), -1, this);
            }
            List<ChatChange> changes = delta.changes().stream().map(ChatChange::of).filter(Objects::nonNull).toList();
            if (changes.stream().anyMatch(change -> change.kind() == Kind.TRUNCATED)) {
                throw new FeedGap(Reason.TRUNCATED);
            }
            return new Page(changes.stream().map(ChatChange::frame).toList(), complete, delta.upto(), -1, this);
        });
    }
}
