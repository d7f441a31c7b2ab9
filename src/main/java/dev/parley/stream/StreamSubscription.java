package dev.parley.stream;

import dev.parley.changes.FilterException;
import dev.parley.conversation.ParleyException;
import dev.parley.database.StatementTimeout;
import dev.parley.feed.Delta;
import dev.parley.feed.FeedGap.Reason;
import dev.parley.feed.FeedGap;
import dev.parley.feed.Position;
import dev.parley.feed.Snapshot;
import io.vertx.core.VertxException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.Flow;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/**
 * One reader of one stream: replays, joins without a gap, follows the tail, and falls back to the database when its reader is slow.
 *
 * <pre>
 *   BEHIND ──demand──▶ READING ──page──▶ HOLDING ──demand──▶ (more to read? BEHIND) ──▶ WAITING ──tail is there──▶ LIVE
 *      ▲                                                                                                          │
 *      └──────────────────────────── a change, and no demand for it ───────────────────────────────────────────────┘
 * </pre>
 *
 * <p>Joining: while READING, HOLDING and WAITING, changes from the tail are kept. The replay says by a snapshot what it brought. Once the tail has
 * read that far, kept changes that the snapshot sees are dropped, the others are sent, and from then on all come from the tail.
 *
 * <p>Demand is the back-pressure: a reader without demand gets nothing, and nothing is kept for it; when it asks again, it catches up
 * from the database from where it stopped. Everything happens on the shard's event loop; {@code request} and {@code cancel} may be called anywhere.
 */
final class StreamSubscription implements Flow.Subscription {

    private enum State { BEHIND, READING, HOLDING, WAITING, LIVE, CLOSED }

    private static final Logger LOG = Logger.getLogger(StreamSubscription.class);
    private static final long RETRY_MS = 200;
    private static final long MAX_RETRY_MS = 5_000;
    /** After so many failures in a row it is not bad luck. */
    private static final int STUBBORN = 5;
    /** After so many reads that took too long it is not load but what there is to read: nobody else can use the connection meanwhile. */
    private static final int TOO_SLOW = 3;

    private final Router router;
    private final Shard shard;
    private final Subject subject;
    private final Flow.Subscriber<? super Frames> reader;

    private State state;
    private Replay replay;
    private Replay.Page page;
    private long epoch;
    /** Frames that go out before anything else. */
    private final Deque<Frames> first = new ArrayDeque<>(0);
    private KeptChanges kept;
    private long demand;
    /** Reads that failed in a row. */
    private int failures;
    /** Of these, reads that the database took too long for; between them a read may have found no connection free. */
    private int tooSlow;
    /** Whether the reader was told to begin anew and the database has not let it yet. */
    private boolean anew;
    private boolean draining;
    private final Numbers had = new Numbers();
    private Position told;

    /** @param firstReplay null to be live at once, with whatever the tail brings from now on */
    StreamSubscription(Router router, Shard shard, Subject subject, Replay firstReplay, Flow.Subscriber<? super Frames> reader) {
        this.router = router;
        this.shard = shard;
        this.subject = subject;
        this.replay = firstReplay;
        this.reader = reader;
        this.state = firstReplay == null ? State.LIVE : State.BEHIND;
    }

    void open() {
        subject.enter(shard, this);
        router.figures().opened();
        reader.onSubscribe(this);
    }

    @Override
    public void request(long n) {
        if (!shard.loop().inEventLoop()) {
            shard.loop().execute(() -> request(n));
            return;
        }
        demand = demand + n < 0 ? Long.MAX_VALUE : demand + n;
        drain();
    }

    @Override
    public void cancel() {
        if (!shard.loop().inEventLoop()) {
            shard.loop().execute(this::cancel);
            return;
        }
        close();
    }

    /** The tail brought something for this stream. */
    void changed(Delta delta, Part part) {
        switch (state) {
            case LIVE -> {
                if (demand == 0 || !first.isEmpty()) {
                    fallBehind(delta.before());
                    drain();
                } else {
                    part.count(had);
                    emit(part.frames());
                }
            }
            case READING, HOLDING, WAITING -> kept.add(part);
            case BEHIND, CLOSED -> { }
        }
    }

    /** The tail brought something of which only the database can say whether it is for this stream, and the database did not say. */
    void missed(Delta delta) {
        switch (state) {
            case LIVE -> {
                fallBehind(delta.before());
                drain();
            }
            case READING, HOLDING, WAITING -> kept.overflow();
            case BEHIND, CLOSED -> { }
        }
    }

    /** The tail has read everything that {@code delta.upto()} sees. */
    void tailReached(Delta delta) {
        if (state != State.WAITING) {
            return;
        }
        if (epoch != router.epoch() || kept.overflowed()) {
            become(State.BEHIND);
            drain();
        } else if (page.seen().within(delta.upto())) {
            goLive(delta);
        } else {
            shard.await(this, subject.isTables());
            router.hurry();
        }
    }

    /** What this reader has can't be continued exactly: it is told, and begins anew. */
    void resync(Reason reason) {
        if (state == State.CLOSED) {
            return;
        }
        router.figures().resynced();
        first.clear();
        first.add(Frames.of(subject.resync(reason)));
        replay = subject.fromNow();
        anew = true;
        tooSlow = 0;
        page = null;
        become(State.BEHIND);
        drain();
    }

    /**
     * A position now and then, so that what the reader holds does not age.
     *
     * @param frames that say so, null for the subject's own
     */
    void idle(Position position, Frames frames) {
        if (state == State.LIVE && demand > 0 && first.isEmpty() && !position.equals(told)) {
            told = position;
            emit(frames != null ? frames : Frames.of(subject.position(position)));
        }
    }

    /** Something that is not stored; a reader that is not up to date does without. */
    void ephemeral(Frames frames) {
        if (state == State.LIVE && demand > 0 && first.isEmpty()) {
            emit(frames);
        }
    }

    /** It could not be served what it was due: it ends rather than go on without, and its reader resumes. */
    void broken(Throwable failure) {
        if (state != State.CLOSED) {
            close();
            reader.onError(failure);
        }
    }

    private void drain() {
        if (draining) {
            return;
        }
        draining = true;
        try {
            while (demand > 0 && step()) {
                // until there is nothing to do or nobody to do it for
            }
        } finally {
            draining = false;
        }
    }

    /** Does one thing that demand allows; false when there is nothing to do. */
    private boolean step() {
        if (state == State.CLOSED) {
            return false;
        }
        if (!first.isEmpty()) {
            emit(first.poll());
            return true;
        }
        switch (state) {
            case BEHIND -> readPage();
            case HOLDING -> {
                if (!page.texts().isEmpty()) {
                    emit(new Frames(page.texts()));
                }
                pageDelivered();
            }
            default -> {
                return false;
            }
        }
        return true;
    }

    private void readPage() {
        become(State.READING);
        kept = new KeptChanges(router.joinBuffer());
        epoch = router.epoch();
        Replay reading = replay;
        try {
            reading.read(epoch).timeout(router.pageTimeoutMs(), TimeUnit.MILLISECONDS).onComplete(read -> shard.loop().execute(() -> {
                if (replay != reading || state != State.READING) {
                    return; // cancelled, or told to begin anew
                }
                if (read.failed()) {
                    fail(read.cause());
                } else if (epoch != router.epoch()) {
                    // it may have been asked of one server what it had to bring since another's snapshot: asked once more, from what outlives a crash
                    become(State.BEHIND);
                    drain();
                } else {
                    failures = 0;
                    tooSlow = 0;
                    anew = false;
                    page = read.result();
                    replay = page.next();
                    become(State.HOLDING);
                    drain();
                }
            }));
        } catch (RuntimeException e) {
            fail(e);
        }
    }

    private void fail(Throwable failure) {
        if (StatementTimeout.ended(failure)) {
            tooSlow++;
        }
        if (tooSlow >= TOO_SLOW && !anew) {
            resync(Reason.TOO_FAR_BEHIND);
        } else if (failure instanceof FeedGap gap && !anew) {
            resync(gap.reason());
        } else if (failure instanceof ParleyException || failure instanceof FilterException) {
            broken(failure);
        } else {
            // the database is away, or the tail has yet to see what this read saw: the reader keeps its place and its socket
            Replay reading = replay;
            if (failures == STUBBORN && isOurs(failure)) {
                LOG.error("a stream's replay fails again and again; its reader waits", failure);
            }
            long pause = Math.min(MAX_RETRY_MS, RETRY_MS << Math.min(failures++, 10));
            shard.loop().schedule(() -> {
                if (replay == reading && state == State.READING) {
                    become(State.BEHIND);
                    drain();
                }
            }, pause / 2 + ThreadLocalRandom.current().nextLong(pause / 2 + 1), TimeUnit.MILLISECONDS);
        }
    }

    /** Whether it is neither the database's nor the network's: a fault in here, which no new try mends. */
    private static boolean isOurs(Throwable failure) {
        return failure instanceof RuntimeException && !(failure instanceof VertxException) && !(failure instanceof IllegalStateException);
    }

    private void pageDelivered() {
        if (state != State.HOLDING) {
            return; // closed by the reader, or told to begin anew
        }
        if (!page.complete() || kept.overflowed() || epoch != router.epoch()) {
            become(State.BEHIND);
            return;
        }
        become(State.WAITING);
        shard.await(this, subject.isTables());
        router.hurry();
    }

    private void goLive(Delta delta) {
        Snapshot seen = page.seen().clamp(delta.after().base().xmax());
        Position position = delta.after().at(seen);
        List<byte[]> texts = new ArrayList<>();
        byte[] live = subject.live(page.lastSeq(), position);
        if (live != null) {
            texts.add(live);
        }
        had.reach(page.lastSeq());
        kept.framesAfter(page.seen(), seen, texts, had);
        become(State.LIVE);
        told = null;
        kept = null;
        page = null;
        replay = null;
        if (!texts.isEmpty()) {
            first.add(new Frames(texts));
        }
        drain();
    }

    private void fallBehind(Position position) {
        router.figures().fellBehind();
        replay = subject.from(had, position);
        become(State.BEHIND);
    }

    private void become(State next) {
        if ((state == State.WAITING) != (next == State.WAITING)) {
            router.joining(next == State.WAITING ? 1 : -1);
        }
        state = next;
    }

    private void emit(Frames frames) {
        demand--;
        router.figures().delivered(frames.texts().size());
        reader.onNext(frames);
    }

    private void close() {
        if (state != State.CLOSED) {
            become(State.CLOSED);
            replay = null;
            kept = null;
            subject.leave(shard);
            router.figures().closed();
        }
    }
}
