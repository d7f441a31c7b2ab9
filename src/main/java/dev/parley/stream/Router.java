package dev.parley.stream;

import dev.parley.feed.Delta;
import dev.parley.feed.FeedConfig;
import dev.parley.feed.FeedConnections;
import dev.parley.feed.FeedGap.Reason;
import dev.parley.feed.FeedListener;
import dev.parley.feed.LogSelection.Table;
import dev.parley.feed.Position;
import dev.parley.feed.ReadLimit;
import dev.parley.feed.Tail;
import io.netty.channel.EventLoop;
import io.quarkus.runtime.StartupEvent;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** Takes what the tail reads, sorts it once and hands it to every event loop that has readers. */
@ApplicationScoped
public class Router implements FeedListener {

    /** What could not be found out of a page in this time, its readers find out by themselves. As a rule longer than a table's shape is waited for, which must not change any more. */
    private static final long MAX_PREPARE_MS = 300;
    /** A page waits for its turn, for the tables' shapes and for PostgreSQL's opinion of its rows. */
    private static final long MAX_BESIDE_READING_MS = 30_000;

    private final Tail tail;
    private final StreamConfig config;
    private final FeedConfig feedConfig;
    private final StreamFigures figures;
    private final Vertx vertx;
    private final FeedConnections connections;
    private final TableReader tables;
    private final boolean chat;
    private final Interest interest = new Interest();
    /** What waits to be handed out behind something that has to be asked of the database first; on the tail's event loop. */
    private final Deque<Held> held = new ArrayDeque<>();
    private final ConcurrentHashMap<EventLoop, Shard> byLoop = new ConcurrentHashMap<>();
    private final List<Shard> shards = new CopyOnWriteArrayList<>();
    private final AtomicInteger joining = new AtomicInteger();
    /** Everything of chat's up to here has been handed to the event loops; on the tail's event loop. */
    private Position handedOut;
    private volatile Position tablesHandedOut;

    private record Held(Future<?> ready, Runnable handOut) {
    }

    Router(Tail tail, StreamConfig config, FeedConfig feedConfig, StreamFigures figures, Vertx vertx, FeedConnections connections, TableReader tables,
            @ConfigProperty(name = "parley.chat", defaultValue = "on") boolean chat) {
        this.tail = tail;
        this.config = config;
        this.feedConfig = feedConfig;
        this.figures = figures;
        this.vertx = vertx;
        this.connections = connections;
        this.tables = tables;
        this.chat = chat;
    }

    void start(@Observes @jakarta.annotation.Priority(1) StartupEvent event) {
        tail.listen(this);
        long millis = Math.min(config.positionInterval().toMillis(), feedConfig.retention().toMillis() / 4);
        vertx.setPeriodic(Math.max(100, millis), tick -> tail.execute(this::tellPositions));
    }

    @Override
    public Set<Table> wanted() {
        Set<Table> tables = interest.tables();
        if (tables == null || !chat) {
            return tables;
        }
        Set<Table> all = new HashSet<>(tables);
        all.addAll(ChatChange.TABLES);
        return all;
    }

    @Override
    public void read(Delta delta) {
        // nobody waits for news that there is none, unless a join does
        if (delta.changes().isEmpty() && joining.get() == 0) {
            handedOut = delta.after();
            inOrder(Future.succeededFuture(), () -> tablesHandedOut = delta.after());
            return;
        }
        Batch batch = new Batch(delta, chat, interest);
        Future<Void> prepared = batch.prepare(tables, interest);
        boolean wanted = !batch.isEmpty() || joining.get() > 0;
        if (held.isEmpty() && prepared.isComplete()) {
            if (wanted) {
                toAll(shard -> shard.deliver(batch));
            }
            tablesHandedOut = delta.after();
        } else {
            // chat does not wait for what PostgreSQL thinks of somebody's filter
            if (wanted) {
                toAll(shard -> shard.deliverChat(batch));
            }
            inOrder(prepared.timeout(MAX_PREPARE_MS, TimeUnit.MILLISECONDS), () -> {
                toAll(shard -> shard.deliverTables(batch));
                tablesHandedOut = delta.after();
            });
        }
        handedOut = delta.after();
    }

    private void toAll(Consumer<Shard> action) {
        for (Shard shard : shards) {
            shard.loop().execute(() -> action.accept(shard));
        }
    }

    @Override
    public void reset(Reason reason, Position from) {
        toAll(shard -> shard.resetChat(reason));
        handedOut = from;
        inOrder(Future.succeededFuture(), () -> {
            toAll(shard -> shard.resetTables(reason));
            tablesHandedOut = from;
        });
    }

    /** Hands changes of tables out once they are ready, or have had their time, and all that came before is handed out. */
    private void inOrder(Future<?> ready, Runnable handOut) {
        if (held.isEmpty() && ready.isComplete()) {
            handOut.run();
        } else {
            held.add(new Held(ready, handOut));
            ready.onComplete(known -> tail.execute(this::release));
        }
    }

    private void release() {
        while (!held.isEmpty() && held.peek().ready().isComplete()) {
            held.poll().handOut().run();
        }
    }

    /**
     * Brings something that is not stored to a conversation's readers and to the global streams.
     *
     * @param frames not sent to the reader that is their source
     */
    public void ephemeral(UUID conversationId, Frames frames) {
        toAll(shard -> shard.ephemeral(conversationId, frames));
    }

    /** On the tail's event loop, so that no reader is told a position that is older or newer than what it was handed. */
    private void tellPositions() {
        Position chatPosition = handedOut, tablePosition = tablesHandedOut;
        if (chatPosition != null && tablePosition != null) {
            toAll(shard -> shard.tellPositions(chatPosition, tablePosition));
        }
    }

    Shard shard(EventLoop loop) {
        return byLoop.computeIfAbsent(loop, key -> {
            Shard shard = new Shard(key, interest);
            shards.add(shard);
            return shard;
        });
    }

    /** Makes the tail look now: a join waits for it. */
    void hurry() {
        tail.ring();
    }

    /** How long a replay may take for one page, all that is waited for on the way included; each of its reads has a limit of its own ({@link ReplayReader#ask}). */
    long pageTimeoutMs() {
        return ReadLimit.goneAfterMs(feedConfig.readTimeout()) + MAX_BESIDE_READING_MS;
    }

    /** All changes of tables up to here have been handed to the event loops; null before the feed has begun. */
    Position tablesHandedOut() {
        return tablesHandedOut;
    }

    /** Changes whenever the tail's connection goes or comes and whenever one is opened for replays: raw snapshots of different epochs must not be compared. */
    long epoch() {
        return tail.epoch() + connections.readersConnected(); // either only grows
    }

    void joining(int more) {
        joining.addAndGet(more);
    }

    int joinBuffer() {
        return config.joinBuffer();
    }

    StreamFigures figures() {
        return figures;
    }
}
