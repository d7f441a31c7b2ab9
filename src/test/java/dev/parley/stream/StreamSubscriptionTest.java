package dev.parley.stream;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.parley.feed.Delta;
import dev.parley.feed.FeedGap.Reason;
import dev.parley.feed.Landmark;
import dev.parley.feed.Position;
import dev.parley.feed.Snapshot;
import io.netty.channel.embedded.EmbeddedChannel;
import io.vertx.core.Promise;
import java.nio.charset.StandardCharsets;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Flow;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What comes while a stream joins comes once, by its replay or by the tail, however far the join is. */
class StreamSubscriptionTest {

    private static final int JOIN_BUFFER = 3;
    private static final Position POSITION = new Position(7, 1, new Snapshot(1_000, new long[0]), new Landmark(1, 999, OffsetDateTime.parse("2026-11-22T10:00:00Z")));
    /** What the replay sees: not the transaction that is open. */
    private static final long OPEN = 1_500, SEEN = 1_400, LAST_SEQ = 7;
    private static final Snapshot BROUGHT = new Snapshot(2_000, new long[] {OPEN});
    private static final Delta TAIL = new Delta(POSITION, List.of(), true, new Snapshot(2_000, new long[0]), POSITION.at(new Snapshot(2_000, new long[0])));

    /** How far a join is when something comes. */
    private enum When {
        READING, WAITING
    }

    private final EmbeddedChannel channel = new EmbeddedChannel();
    private final List<Promise<Replay.Page>> reads = new ArrayList<>();
    private final List<String> got = new ArrayList<>();
    private final Replay replay = epoch -> {
        Promise<Replay.Page> read = Promise.promise();
        reads.add(read);
        return read.future();
    };
    private long epoch = 1;
    private long demand = Long.MAX_VALUE;
    private long wentOnBehind = -1;
    private final Router router = new Router(null, null, null, new StreamFigures(), null, null, null, true) {
        @Override
        long epoch() {
            return epoch;
        }

        @Override
        int joinBuffer() {
            return JOIN_BUFFER;
        }

        @Override
        long pageTimeoutMs() {
            return 60_000;
        }

        @Override
        void hurry() {
        }
    };
    private final Shard shard = new Shard(channel.eventLoop(), new Interest());
    private final StreamSubscription subscription = new StreamSubscription(router, shard, new Everything(), replay, new Reader());

    @ParameterizedTest
    @EnumSource
    void whatTheReplayDidNotBringComesOnceAndTheRestNotAgain(When when) {
        during(when, () -> {
            subscription.changed(TAIL, new Change(SEEN, "seen"));
            subscription.changed(TAIL, new Change(OPEN, "open"));
        });
        subscription.tailReached(TAIL);
        assertEquals(List.of("backlog", "live", "open"), got);
        assertEquals(1, reads.size());
    }

    @ParameterizedTest
    @EnumSource
    void whatNobodyCouldJudgeInTimeIsReadByTheJoinItself(When when) {
        readsOnceMoreAfter(when, () -> subscription.missed(TAIL));
    }

    @ParameterizedTest
    @EnumSource
    void moreThanIsKeptIsReadByTheJoinItself(When when) {
        readsOnceMoreAfter(when, () -> {
            for (int i = 0; i <= JOIN_BUFFER; i++) {
                subscription.changed(TAIL, new Change(OPEN, "change " + i));
            }
        });
    }

    /** A page that is read meanwhile may be of a server that knows nothing of the snapshot that it goes on from: it is not even delivered. */
    @ParameterizedTest
    @EnumSource
    void aJoinThatItsServersConnectionsDoNotOutliveReadsOnceMore(When when) {
        readsOnceMoreAfter(when, () -> epoch++, when == When.READING ? List.of() : List.of("backlog"));
    }

    @Test
    void aJoinWaitsUntilTheTailIsAsFarAsItsReplay() {
        during(When.WAITING, () -> subscription.tailReached(new Delta(POSITION, List.of(), true, new Snapshot(1_450, new long[0]), POSITION)));
        assertEquals(List.of("backlog"), got);
        subscription.tailReached(TAIL);
        assertEquals(List.of("backlog", "live"), got);
    }

    @Test
    void whoFallsBehindGoesOnBehindWhatItsReplayBrought() {
        demand = 2; // the backlog, and that it is through
        during(When.WAITING, () -> subscription.tailReached(TAIL));
        assertEquals(List.of("backlog", "live"), got);
        subscription.changed(TAIL, new Change(OPEN, "while nothing is asked for"));
        assertEquals(LAST_SEQ, wentOnBehind);
    }

    private void readsOnceMoreAfter(When when, Runnable action) {
        readsOnceMoreAfter(when, action, List.of("backlog"));
    }

    private void readsOnceMoreAfter(When when, Runnable action, List<String> delivered) {
        during(when, action);
        subscription.tailReached(TAIL);
        assertEquals(delivered, got);
        assertEquals(2, reads.size());
    }

    private void during(When when, Runnable action) {
        subscription.open();
        if (when == When.READING) {
            action.run();
        }
        reads.get(0).complete(new Replay.Page(List.of(bytes("backlog")), true, BROUGHT, LAST_SEQ, replay));
        channel.runPendingTasks();
        if (when == When.WAITING) {
            action.run();
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** One change of a transaction. */
    private record Change(long xid, String text) implements Part {

        @Override
        public int size() {
            return 1;
        }

        @Override
        public void count(Numbers had) {
        }

        @Override
        public Frames frames() {
            return Frames.of(bytes(text));
        }

        @Override
        public void addUnseen(Snapshot raw, Snapshot clamped, List<byte[]> texts, Numbers had) {
            if (!raw.sees(xid)) {
                texts.add(bytes(text));
            }
        }
    }

    private final class Everything implements Subject {

        @Override
        public boolean isTables() {
            return true;
        }

        @Override
        public void enter(Shard entered, StreamSubscription entering) {
        }

        @Override
        public void leave(Shard left) {
        }

        @Override
        public Replay fromNow() {
            return replay;
        }

        @Override
        public Replay from(Numbers had, Position position) {
            wentOnBehind = had.highest();
            return replay;
        }

        @Override
        public byte[] live(long lastSeq, Position position) {
            return bytes("live");
        }

        @Override
        public byte[] resync(Reason reason) {
            return bytes("resync");
        }

        @Override
        public byte[] position(Position position) {
            return bytes("position");
        }
    }

    private final class Reader implements Flow.Subscriber<Frames> {

        @Override
        public void onSubscribe(Flow.Subscription opened) {
            opened.request(demand);
        }

        @Override
        public void onNext(Frames frames) {
            frames.texts().forEach(text -> got.add(new String(text, StandardCharsets.UTF_8)));
        }

        @Override
        public void onError(Throwable failure) {
            throw new AssertionError(failure);
        }

        @Override
        public void onComplete() {
            throw new AssertionError("it never ends");
        }
    }
}
