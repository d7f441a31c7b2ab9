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
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.SqlClient;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jboss.logging.Logger;

/**
 * Follows the change log: reads the exact delta since its position whenever it is rung, polls when it is not, and hands each page to its listeners.
 *
 * <p>All state belongs to one event loop; {@link #ring}, {@link #position}, {@link #identity}, {@link #epoch} and the figures may be used anywhere.
 */
@ApplicationScoped
public class Tail {

    private static final Logger LOG = Logger.getLogger(Tail.class);

    /** Where the tail is in its life: {@code AWAY} (no connection), {@code RESTING}, {@code READING}. */
    private enum State { AWAY, RESTING, READING }

    /** A write on the tail's connection that takes longer is given up, and the connection with it. */
    private static final long LONGEST_WRITE_MS = 1_000;
    /** After one that took so long (a standby that has to confirm, a trigger, a busy disk) there is none for a while. */
    private static final long SLOW_WRITE_NANOS = TimeUnit.MILLISECONDS.toNanos(100), PAUSE_AFTER_SLOW_WRITE_NANOS = TimeUnit.SECONDS.toNanos(30);

    /** So many of our own transactions have to be in reach, one after the other, until the next is taken to be. */
    private static final int REACHED_IN_A_ROW = 3;
    /** Own transactions kept while a read is on its way; what there is more of is read. */
    private static final int MAX_OWN_WAITING = 16;
    /** Of what is told of a failure: a server may say much. */
    private static final int LONGEST_TROUBLE = 300;

    private final Vertx vertx;
    private final FeedConfig config;
    private final FeedConnections connections;
    private final Doorbell doorbell;
    private final Database database;
    private final List<FeedListener> listeners = new ArrayList<>();
    private final Backoff backoff = new Backoff(50, 5_000);
    private final AtomicBoolean rung = new AtomicBoolean();
    /** How many connections have been opened for writing. */
    private final AtomicInteger writers = new AtomicInteger();
    /** Own transactions that are told while a read is on its way. */
    private final Deque<OwnCommit> own = new ArrayDeque<>();

    private final Context context;
    private volatile State state = State.AWAY;
    private PgConnection connection;
    private String server;
    private LogCursor cursor;
    /** How many of the {@code writers} there were when the last read began. */
    private int knownWriters;
    /** How many own transactions in a row were in reach. */
    private int reached;
    private final ReadLimit limit;
    private final OldestTransaction oldest = new OldestTransaction();
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
    private volatile long currentAt;
    private volatile long pageAt;
    private volatile long reads;
    private volatile long steps;

    Tail(Vertx vertx, FeedConfig config, FeedConnections connections, Doorbell doorbell, Database database, DatabaseLoop loop) {
        this.vertx = vertx;
        this.config = config;
        this.connections = connections;
        this.doorbell = doorbell;
        this.database = database;
        this.context = loop.context();
        this.limit = new ReadLimit(config.readTimeout());
    }

    void start(@Observes StartupEvent event) {
        database.migrated().subscribe().with(migrated -> context.runOnContext(ignored -> {
            doorbell.start(this::ring);
            vertx.setPeriodic(config.pollInterval().toMillis(), tick -> ring());
            connect();
        }), failure -> LOG.error("the feed does not start", failure));
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
        long before = reads;
        read(connection);
        return Optional.of(written.onSuccess(done -> {
            if (reads != before) {
                ring(); // the statement had to be prepared first, and the read went ahead of it
            }
        }));
    }

    /** Whether a transaction of ours would likely be gone on by if its rows were told. On the tail's event loop only. */
    public boolean takesRows() {
        return reached >= REACHED_IN_A_ROW;
    }

    /** Tells that a connection was opened on which own transactions will be written: it may be another server's, or the same one's after a crash. Any thread. */
    public void writerConnected() {
        writers.incrementAndGet();
    }

    /**
     * Goes on by a transaction of ours that has committed, without reading it, where nothing that it saw is still to be read; else it is read. On the tail's event
     * loop only.
     */
    public void committed(OwnCommit commit) {
        boolean reaches = reaches(commit);
        reached = reaches ? reached + 1 : 0;
        if (state == State.RESTING) {
            goOnBy(commit, reaches);
        } else if (state == State.READING && own.size() < MAX_OWN_WAITING) {
            own.add(commit);
        } else {
            ring();
        }
    }

    /** Of this server, and by a connection that was there before the last read: no crash and no failover lies between what one has seen and the other. */
    private boolean reaches(OwnCommit commit) {
        return state != State.AWAY && commit.server().equals(server) && writers.get() == knownWriters && cursor.reaches(commit, epoch);
    }

    private void goOnBy(OwnCommit commit, boolean reaches) {
        if (cursor.has(commit.xid())) {
            return;
        }
        if (commit.isTold() && reaches) {
            steps++;
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

    /** Nanoseconds since the tail last knew that it had everything; {@link Long#MAX_VALUE} before the first time. */
    public long lag() {
        long at = currentAt;
        return at == 0 ? Long.MAX_VALUE : System.nanoTime() - at;
    }

    /** Nanoseconds since a page was handed out, be there more to read or not; {@link Long#MAX_VALUE} before the tail had everything for the first time. */
    public long sinceLastPage() {
        long at = pageAt;
        return currentAt == 0 ? Long.MAX_VALUE : System.nanoTime() - at;
    }

    /** Nanoseconds for which, at the least, the oldest transaction has been running that the last read saw; 0 when there was none. */
    public long oldestTransaction() {
        return oldest.age(System.nanoTime());
    }

    /** How many pages were read. */
    public long reads() {
        return reads;
    }

    /** How many transactions of our own were gone on by without being read. */
    public long steps() {
        return steps;
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
            return beginAtNow(primary);
        }
        return gapSince(primary).compose(reason -> {
            if (reason == null) {
                return Future.succeededFuture();
            }
            return (reason == Reason.HISTORY_CHANGED || reason == Reason.FUTURE ? renameLog(primary) : Future.succeededFuture(primary))
                    .compose(now -> reset(now, reason));
        });
    }

    /** Why the old position can't be gone on from, or null. */
    private Future<Reason> gapSince(Primary primary) {
        if (gap != null) {
            return Future.succeededFuture(gap);
        }
        try {
            primary.identity().check(position);
        } catch (FeedGap other) {
            return Future.succeededFuture(other.reason());
        }
        if (!position.isHeldBy(primary.trimmed())) {
            return Future.succeededFuture(Reason.TRIMMED);
        }
        return position.find(primary.connection()).<Reason>mapEmpty()
                .recover(failure -> failure instanceof FeedGap found ? Future.succeededFuture(found.reason()) : Future.failedFuture(failure));
    }

    /** The database lost what was delivered: no position handed out so far may hold. */
    private Future<Primary> renameLog(Primary primary) {
        return primary.connection().query("select parley.new_log_id()").execute()
                .map(rows -> primary.with(new FeedIdentity(rows.iterator().next().getLong(0), primary.identity().timeline())));
    }

    private Future<Void> reset(Primary primary, Reason reason) {
        LOG.warnf("the feed begins anew, every stream is told to resync: %s", reason.word());
        return beginAtNow(primary).onSuccess(begun -> listeners.forEach(listener -> listener.reset(reason, position)));
    }

    private Future<Void> beginAtNow(Primary primary) {
        return primary.connection().query("""
                select pg_current_snapshot()::text, l.id, l.xid::text::bigint, l.logged_at
                from (select) one left join lateral (select * from parley.change_log order by xid desc limit 1) l on true
                """).execute().map(rows -> {
                    Row row = rows.iterator().next();
                    Snapshot seen = Snapshot.parse(row.getString(0));
                    Landmark newest = row.getValue(1) == null ? null : new Landmark(row.getLong(1), row.getLong(2), row.getOffsetDateTime(3));
                    Snapshot base = seen.clamp(Math.max(newest == null ? 0 : newest.xid() + 1, primary.trimmed().xmax()));
                    position = new Position(primary.identity().feedId(), primary.identity().timeline(), base, newest);
                    identity = primary.identity();
                    gap = null;
                    cursor = new LogCursor(position);
                    cursor.begin(position, seen, epoch);
                    return null;
                });
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
        reached = 0;
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
        int opened = writers.get();
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
                    knownWriters = opened;
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
        reads++;
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
        pageAt = System.nanoTime();
        if (!delta.complete()) {
            read(connection);
            return;
        }
        currentAt = pageAt;
        oldest.seen(delta.upto(), pageAt);
        state = State.RESTING;
        for (OwnCommit commit; state == State.RESTING && (commit = own.poll()) != null; ) {
            goOnBy(commit, reaches(commit));
        }
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
