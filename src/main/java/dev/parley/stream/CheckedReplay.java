package dev.parley.stream;

import dev.parley.feed.Position;
import io.vertx.core.Future;
import java.util.List;

/** A replay from positions that came from outside: before its first page it looks whether the database still has the history in which they were taken. */
final class CheckedReplay implements Replay {

    private final ReplayReader reader;
    private final List<Position> given;
    private final Replay replay;

    private CheckedReplay(ReplayReader reader, List<Position> given, Replay replay) {
        this.reader = reader;
        this.given = given;
        this.replay = replay;
    }

    /** @param given what the reader named, once each */
    static Replay of(ReplayReader reader, List<Position> given, Replay replay) {
        return given.isEmpty() ? replay : new CheckedReplay(reader, given, replay);
    }

    @Override
    public Future<Page> read(long epoch) {
        return Future.all(given.stream().map(reader::check).toList()).compose(held -> replay.read(epoch));
    }
}
