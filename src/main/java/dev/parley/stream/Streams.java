package dev.parley.stream;

import dev.parley.feed.Position;
import dev.parley.stream.Binding.Start;
import io.netty.channel.EventLoop;
import io.smallrye.mutiny.Multi;
import io.vertx.core.Vertx;
import io.vertx.core.impl.ContextInternal;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Flow;

/**
 * The streams that sockets read, as Mutiny {@code Multi}s.
 *
 * <p>Each item is what one step brought: one or more frames, in order. Items come on the event loop on which the stream was subscribed to (or
 * one chosen for it, when it was subscribed to elsewhere). Demand is honoured without a buffer: a subscriber that does not ask misses
 * nothing, since it catches up from the database when it asks again. A stream ends only by failure
 * ({@link dev.parley.conversation.ParleyException}: there is no such conversation; anything else: resume) or when it is cancelled.
 */
@ApplicationScoped
public class Streams {

    private final Router router;
    private final ReplayReader reader;
    private final TableReader tables;
    private final Vertx vertx;

    Streams(Router router, ReplayReader reader, TableReader tables, Vertx vertx) {
        this.router = router;
        this.reader = reader;
        this.tables = tables;
        this.vertx = vertx;
    }

    /**
     * One conversation's messages, edits and deletes.
     *
     * @param after    the last number that the reader has, 0 for none; null to begin with what commits after the {@code live} frame
     * @param position up to where the reader has edits and deletes too; null when it asks for none from before
     */
    public Multi<Frames> conversation(UUID id, Long after, Position position) {
        return stream(new ChatSubject(reader, id), CheckedReplay.of(reader, given(position), new ConversationReplay(reader, id, after, position)));
    }

    /**
     * All conversations' messages, edits and deletes, and the conversations' own changes.
     *
     * @param after the position that the reader has reached; null to begin with what commits after the {@code live} frame
     */
    public Multi<Frames> feed(Position after) {
        return stream(new ChatSubject(reader, null), CheckedReplay.of(reader, given(after), new FeedReplay(reader, after)));
    }

    /** Whether the feed has begun: before, there is no "now" to subscribe from. */
    public boolean begun() {
        return router.tablesHandedOut() != null;
    }

    /** What a subscription to tables that begins now brings the rest of. */
    public Position now() {
        return router.tablesHandedOut();
    }

    /**
     * Changes of any watched tables. Active as soon as it is subscribed to on {@code loop}: what commits after that is never missed. Ends by failure also
     * when a filter can't be applied any more ({@link dev.parley.changes.FilterException}).
     *
     * @param loop     items come on it
     * @param bindings what to bring, at least one; keys all different
     */
    public Multi<Frames> changes(EventLoop loop, ChangeEncoder encoder, List<Binding> bindings) {
        return Multi.createFrom().publisher((Flow.Publisher<Frames>) subscriber -> {
            boolean now = bindings.stream().allMatch(binding -> binding.start() == Start.NOW);
            List<Position> given = bindings.stream().map(Binding::start).filter(Start.AfterPosition.class::isInstance)
                    .map(start -> ((Start.AfterPosition) start).position()).distinct().toList();
            new StreamSubscription(router, router.shard(loop), new ChangesSubject(tables, encoder, bindings),
                    now ? null : CheckedReplay.of(reader, given, new ChangesReplay(tables, encoder, bindings, null)), subscriber).open();
        });
    }

    private static List<Position> given(Position position) {
        return position == null ? List.of() : List.of(position);
    }

    private Multi<Frames> stream(Subject subject, Replay first) {
        return Multi.createFrom().publisher((Flow.Publisher<Frames>) subscriber -> {
            EventLoop loop = ((ContextInternal) vertx.getOrCreateContext()).nettyEventLoop();
            Runnable open = () -> new StreamSubscription(router, router.shard(loop), subject, first, subscriber).open();
            if (loop.inEventLoop()) {
                open.run();
            } else {
                loop.execute(open);
            }
        });
    }
}
