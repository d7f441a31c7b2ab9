package dev.parley.feed;

import dev.parley.database.Backoff;
import dev.parley.database.Database;
import dev.parley.database.DatabaseLoop;
import dev.parley.database.Outage;
import dev.parley.database.StatementTimeout;
import dev.parley.feed.FeedConnections.Primary;
import dev.parley.feed.FeedGap.Reason;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgConnection;
import io.vertx.sqlclient.SqlClient;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.jboss.logging.Logger;

/**
 * Follows the change log: reads the exact delta since its position whenever it is rung, polls when it is not, and hands each page to its listeners.
 *
 * <p>All state belongs to one event loop; {@link #ring}, {@link #position}, {@link #identity} and {@link #epoch} may be used anywhere.
 */
@ApplicationScoped
public class Tail {

    private static final Logger LOG = Logger.getLogger(Tail.class);

    /** Where the tail is in its life: {@code AWAY} (no connection), {@code RESTING}, {@code READING}. */
    private enum State { AWAY, RESTING, READING }

    /** What waits for the feed to be read waits no longer: a standby has none. */
    private static final long LONGEST_START_MS = 2_000;
    /** A write on the tail's connection that takes longer is given up, and the connection with it. */
    private static final long LONGEST_WRITE_MS = 1_000;
    /** After one that took so long (a standby that has to confirm, a trigger, a busy disk) there is none for a while. */
    private static final long SLOW_WRITE_NANOS = TimeUnit.MILLISECONDS.toNanos(100), PAUSE_AFTER_SLOW_WRITE_NANOS = TimeUnit.SECONDS.toNanos(30);

    /** Of what is told of a failure: a server may say much. */
    private static final int LONGEST_TROUBLE = 300;

    private final Vertx vertx;
    private final FeedConfig config;
    private final FeedConnections connections;
    private final Doorbell doorbell;
    private final Database database;
    private final List<FeedListener> listeners = new ArrayList<>();
    private final Backoff backoff = new Backoff(50, 5_000);
    private final FeedFigures figures;
    private final AtomicBoolean rung = new AtomicBoolean();
    private final OwnCommits own = new OwnCommits();

    private final Context context;
    private volatile State state = State.AWAY;
    private PgConnection connection;
    private String server;
    private LogCursor cursor;
    private final ReadLimit limit;
    private Reason gap;
    private final Outage outage = new Outage(line -> LOG.warn(line), System::nanoTime);
    /** From the attempt to connect until the connection is in use: its end is then the attempt's failure and nothing more. */
    private boolean connecting;
    private int attempt;
    private long lendsAgainAt = System.nanoTime();
    private volatile boolean stopped;
    private volatile String trouble;
    private volatile long epoch;
    private volatile FeedIdentity identity;
    private volatile Position position;

    Tail(Vertx vertx, FeedConfig config, FeedConnections connections, Doorbell doorbell, Database database, DatabaseLoop loop, FeedFigures figures) {
        this.vertx = vertx;
        this.config = config;
        this.connections = connections;
        this.doorbell = doorbell;
        this.database = database;
        this.context = loop.context();
        this.limit = new ReadLimit(config.readTimeout());
        this.figures = figures;
    }

    void start(@Observes StartupEvent event) {
        database.migrated().subscribe().with(migrated -> context.runOnContext(ignored -> {
            vertx.setPeriodic(config.pollInterval().toMillis(), tick -> ring());
            vertx.setTimer(LONGEST_START_MS, tick -> {
                if (!stopped) {
                    database.settle();
                }
            });
            connect();
        }), failure -> LOG.error("the feed does not start", failure));
        database.settled().subscribe().with(settled -> context.runOnContext(ignored -> doorbell.start(this::ring)));
    }

    void stop(@Observes ShutdownEvent event) {
        stopped = true;
        doorbell.stop();
    }

    /** Adds a listener; at start only. */
    public void listen(FeedListener listener) {
        listeners.add(listener);
    }

    /** Says that something may have committed. Any thread; rings during a read make one more read after it. */
    public void ring() {
        if (rung.getAndSet(true)) {
            return;
        }
        if (Vertx.currentContext() == context) {
            readIfRung();
        } else {
            context.runOnContext(ignored -> readIfRung());
        }
    }

    /**
     * Lets somebody write on the tail's own connection and reads right behind: no other thread, connection or server process has to be woken in between
     * (a single message was delivered after 0.61 ms in place of 0.69). For short writes, since until this one is through nothing is read; one that took long,
     * for whatever reason, is the last one for a while. On the tail's event loop only.
     *
     * @param write called at once, if at all
     * @return what the write gives, with nothing left to ring for, or a failure when it takes longer than a second; empty when the tail is away or reading
     *         or has had a slow write, and nothing was written
     */
    public <T> Optional<Future<T>> readBehind(Function<SqlClient, Future<T>> write) {
        long now = System.nanoTime();
        if (state != State.RESTING || now - lendsAgainAt < 0) {
            return Optional.empty();
        }
        PgConnection on = connection;
        Future<T> written = write.apply(on).timeout(LONGEST_WRITE_MS, TimeUnit.MILLISECONDS).onComplete(done -> {
            long took = System.nanoTime() - now;
            if (done.failed() || took > SLOW_WRITE_NANOS) {
                lendsAgainAt = now + took + PAUSE_AFTER_SLOW_WRITE_NANOS;
            }
            if (done.cause() instanceof TimeoutException) {
                fail(on, done.cause()); // what comes behind it can't be read either
            }
        });
        state = State.READING;
        rung.set(false);
        long before = figures.reads();
        read(connection);
        return Optional.of(written.onSuccess(done -> {
            if (figures.reads() != before) {
                ring(); // the statement had to be prepared first, and the read went ahead of it
            }
        }));
    }

    /** Whether a transaction of ours would likely be gone on by if its rows were told. On the tail's event loop only. */
    public boolean takesRows() {
        return own.areInReach();
    }

    /** Tells that a connection was opened on which own transactions will be written: it may be another server's, or the same one's after a crash. Any thread. */
    public void writerConnected() {
        own.writerConnected();
    }

    /**
     * Goes on by a transaction of ours that has committed, without reading it, where nothing that it saw is still to be read; else it is read. On the tail's event
     * loop only.
     */
    public void committed(OwnCommit commit) {
        boolean reaches = reaches(commit);
        own.judged(reaches);
        if (state == State.RESTING) {
            goOnBy(commit, reaches);
        } else if (state != State.READING || !own.await(commit)) {
            ring();
        }
    }

    /** Of this server, and by connections that are known: no crash and no failover lies between what one has seen and the other. */
    private boolean reaches(OwnCommit commit) {
        return state != State.AWAY && commit.server().equals(server) && own.haveKnownWriters() && cursor.reaches(commit, epoch);
    }

    private void goOnBy(OwnCommit commit, boolean reaches) {
        if (cursor.has(commit.xid())) {
            return;
        }
        if (commit.isTold() && reaches) {
            figures.step();
            handOut(cursor.step(commit));
        } else {
            ring();
        }
    }

    /** Runs something between two reads' deliveries. Any thread. */
    public void execute(Runnable action) {
        context.runOnContext(ignored -> action.run());
    }

    /** Everything up to here is delivered to the listeners; null before the first connect. */
    public Position position() {
        return position;
    }

    /** The history that the tail follows; null before the first connect. */
    public FeedIdentity identity() {
        return identity;
    }

    /** Changes whenever the connection goes or comes: raw snapshots of different epochs must not be compared. */
    public long epoch() {
        return epoch;
    }

    /** Whether the tail is connected to a primary. */
    public boolean isConnected() {
        return state != State.AWAY;
    }

    /** What keeps the log from being read, as it was last found out, for an operator to read; empty once it is read again. Any thread. */
    public Optional<String> trouble() {
        return Optional.ofNullable(trouble);
    }

    private void connect() {
        if (stopped) {
            return;
        }
        connecting = true;
        int mine = ++attempt;
        connections.connectTail()
                .compose(primary -> {
                    if (mine == attempt) {
                        return begin(primary);
                    }
                    primary.connection().close();
                    return Future.failedFuture("this attempt was given up");
                })
                .timeout(config.readTimeout().toMillis(), TimeUnit.MILLISECONDS)
                .onComplete(begun -> {
                    connecting = false;
                    attempt++;
                    if (begun.succeeded() && connection != null) {
                        state = State.RESTING;
                        rung.set(true);
                        readIfRung();
                    } else {
                        drop();
                        retry(begun.succeeded() ? closed() : begun.cause());
                    }
                });
    }

    private void retry(Throwable failure) {
        if (stopped) {
            return;
        }
        complain("the feed is not connected", failure);
        vertx.setTimer(backoff.next(), tick -> connect());
    }

    private void complain(String what, Throwable failure) {
        String why = (failure.getMessage() == null ? failure.toString() : failure.getMessage()).replaceAll("\\s+", " ");
        trouble = what + ": " + (why.length() <= LONGEST_TROUBLE ? why : why.substring(0, LONGEST_TROUBLE) + "…");
        outage.goesOn(trouble);
    }

    private static Throwable closed() {
        return new IllegalStateException("the connection was closed");
    }

    /** Takes a connection into use: from the start, from the old position, or after a gap. */
    private Future<Void> begin(Primary primary) {
        PgConnection fresh = primary.connection();
        fresh.closeHandler(gone -> lose(fresh, closed()));
        connection = fresh;
        server = primary.server();
        epoch++;
        FeedIdentity before = identity;
        if (before == null) {
            return Beginning.of(primary).map(this::adopt);
        }
        Future<Reason> since = gap != null ? Future.succeededFuture(gap) : Beginning.gapSince(position, primary);
        return since.compose(reason -> reason == null ? Future.succeededFuture() : beginAfter(reason, primary));
    }

    private Future<Void> beginAfter(Reason reason, Primary primary) {
        return Beginning.after(reason, primary).map(this::adopt).onSuccess(begun -> {
            LOG.warnf("the feed begins anew, every stream is told to resync: %s", reason.word());
            listeners.forEach(listener -> listener.reset(reason, position));
        });
    }

    private Void adopt(Beginning beginning) {
        position = beginning.position();
        identity = beginning.identity();
        gap = null;
        cursor = new LogCursor(position);
        cursor.begin(position, beginning.seen(), epoch);
        figures.begun();
        database.settle();
        return null;
    }

    private void lose(PgConnection gone, Throwable failure) {
        context.runOnContext(ignored -> {
            if (connection == gone) {
                drop();
                if (!connecting) {
                    retry(failure);
                }
            }
        });
    }

    private void drop() {
        PgConnection gone = connection;
        connection = null;
        limit.reset();
        own.clear();
        epoch++;
        state = State.AWAY;
        cursor = position == null ? null : new LogCursor(position); // a page that was read but not delivered must be read again
        if (gone != null) {
            gone.close();
        }
    }

    private void readIfRung() {
        if (state == State.RESTING && rung.getAndSet(false)) {
            state = State.READING;
            read(connection);
        }
    }

    private void read(PgConnection on) {
        int writers = own.writers();
        Set<LogSelection.Table> wanted = cursor.isInsideDelta() ? wanted() : null;
        LogCursor next = wanted == null ? cursor : new LogCursor(cursor);
        next.read(on, epoch, new PageLimit(config.pageSize(), config.pageBytes()), wanted == null ? null : LogSelection.of(wanted))
                .timeout(limit.goneAfterMs(), TimeUnit.MILLISECONDS)
                .onSuccess(delta -> {
                    if (connection != on) {
                        return;
                    }
                    if (wanted != null && !isEnough(wanted)) {
                        read(on); // the page once more: somebody has come who wants what was left out
                        return;
                    }
                    cursor = next;
                    own.read(writers);
                    deliver(delta);
                })
                .onFailure(failure -> fail(on, failure));
    }

    /** The tables of whose changes anybody has a use; null for all. */
    private Set<LogSelection.Table> wanted() {
        Set<LogSelection.Table> all = new HashSet<>();
        for (FeedListener listener : listeners) {
            Set<LogSelection.Table> its = listener.wanted();
            if (its == null) {
                return null;
            }
            all.addAll(its);
        }
        return all;
    }

    private boolean isEnough(Set<LogSelection.Table> read) {
        Set<LogSelection.Table> now = wanted();
        return now != null && read.containsAll(now);
    }

    private void deliver(Delta delta) {
        figures.read();
        doorbell.read(!delta.changes().isEmpty());
        backoff.reset();
        if (limit.reset()) {
            limit.apply(connection);
        }
        if (outage.ends()) {
            LOG.info("the feed is read again");
            trouble = null;
        }
        handOut(delta);
        figures.delivered(delta);
        if (!delta.complete()) {
            read(connection);
            return;
        }
        state = State.RESTING;
        own.drain(commit -> {
            goOnBy(commit, reaches(commit));
            return state == State.RESTING;
        });
        readIfRung();
    }

    private void handOut(Delta delta) {
        position = delta.after();
        for (FeedListener listener : listeners) {
            tell(listener, delta);
        }
    }

    /** A listener that fails must not stop the feed: what it did not take is a gap for its readers. */
    private void tell(FeedListener listener, Delta delta) {
        try {
            listener.read(delta);
        } catch (RuntimeException e) {
            LOG.error("a page of the change log could not be handed out, every stream is told to resync", e);
            listener.reset(Reason.TOO_FAR_BEHIND, position);
        }
    }

    private void fail(PgConnection on, Throwable failure) {
        if (connection != on) {
            return;
        }
        if (failure instanceof FeedGap found) {
            gap = found.reason();
        } else if (StatementTimeout.ended(failure) && limit.raise()) {
            complain("reading the change log takes long and gets more time", failure);
            limit.apply(on).timeout(config.readTimeout().toMillis(), TimeUnit.MILLISECONDS).onSuccess(raised -> {
                if (connection == on) {
                    read(on);
                }
            }).onFailure(lost -> fail(on, lost));
            return;
        }
        // not left to the close handler: a peer that is gone without a word never closes
        lose(on, failure);
    }
}
