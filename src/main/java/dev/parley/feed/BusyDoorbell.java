package dev.parley.feed;

import dev.parley.database.NotificationListener;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jboss.logging.Logger;

/**
 * Silences the doorbell for other programs while their commits queue up behind it ({@link SilencePolicy}), and has the tail look often meanwhile.
 *
 * <p>A transaction that notifies takes a lock of the whole server's through its commit, so such commits are flushed one after the other. With 64 writers of single
 * rows, the doorbell silent and a look every 20 ms, three times as many committed as with it ringing, and their rows arrived sooner (1,780/s after 65 ms, 573/s
 * after 86).
 *
 * <p>Whether it is silent is said by a column of the database, which the triggers read. Whoever changes it says so on the doorbell's channel, and what is said there
 * may be lost, so the column is read now and then as well.
 * Sessions that write remember for up to a minute that it is silent, and a transaction until it ends: for so long the tail goes on looking, and finds at its polls what
 * was left to a service that is not there any more, or to a longer transaction.
 * For one event loop, the tail's; {@link #heard} and {@link #isSilent} may be called on any thread.
 */
final class BusyDoorbell {

    private static final Logger LOG = Logger.getLogger(BusyDoorbell.class);

    private static final long LOOK_MS = 20;
    /** How long sessions remember, and a little more. */
    private static final long REMEMBERED_NANOS = TimeUnit.SECONDS.toNanos(62);
    /** So often the database is asked what holds. */
    private static final int CHECK_TICKS = 20;

    private static final String SILENT = "silent", RINGING = "ringing";
    private static final String STATE = "select not notify from parley.feed";
    /** Who waits for the lock that a commit which notifies takes: on "database 0", see {@code PreCommit_Notify} in PostgreSQL's {@code async.c}. */
    private static final String WAITING = """
            select count(*) from pg_locks where locktype = 'object' and database = 0 and classid = 'pg_database'::regclass and objid = 0 and not granted""";

    private final Context context;
    private final NotificationListener listener;
    private final Runnable look;
    private final SilencePolicy policy = new SilencePolicy(System.nanoTime());
    private final AtomicBoolean rung = new AtomicBoolean();
    private volatile boolean silent;
    /** A question to the database is under way. */
    private boolean asking;
    private boolean looking;
    private boolean wasConnected;
    private long lookUntil = System.nanoTime();
    private int untilCheck = CHECK_TICKS;
    private int reads;
    private int finds;

    /**
     * Begins to watch.
     *
     * @param listener the doorbell's
     * @param look     has the tail read
     */
    BusyDoorbell(Vertx vertx, NotificationListener listener, Runnable look) {
        this.context = vertx.getOrCreateContext();
        this.listener = listener;
        this.look = look;
        vertx.setPeriodic(SilencePolicy.TICK_MS, tick -> tick());
    }

    /** The statement that changes whether other programs' commits ring. It does not notify: it would have to queue up as well. */
    static String turning(boolean silent) {
        return "update parley.feed set notify = %1$s where notify <> %1$s".formatted(!silent);
    }

    /** Somebody rang; other programs' commits say nothing with it. */
    void heard(String said) {
        switch (said) {
            case "" -> rung.set(true);
            case SILENT -> context.runOnContext(ignored -> learn(true));
            case RINGING -> context.runOnContext(ignored -> learn(false));
            default -> { } // another replica
        }
    }

    /** The channel is listened to (again): what was said meanwhile is lost. Any thread. */
    void connected() {
        context.runOnContext(ignored -> {
            if (wasConnected) {
                lookForAWhile(); // a silence may have come and gone
            }
            wasConnected = true;
            check();
        });
    }

    /** The tail has read. */
    void read(boolean rows) {
        reads++;
        finds += rows ? 1 : 0;
    }

    boolean isSilent() {
        return silent;
    }

    private void check() {
        untilCheck = CHECK_TICKS;
        ask(STATE, rows -> learn(rows.iterator().next().getBoolean(0)));
    }

    private void learn(boolean nowSilent) {
        if (silent != nowSilent) {
            silent = nowSilent;
            policy.turned(silent, System.nanoTime());
            LOG.debugf("the doorbell is %s", silent ? SILENT : RINGING);
            lookForAWhile();
        }
    }

    private void lookForAWhile() {
        lookUntil = System.nanoTime() + REMEMBERED_NANOS;
        if (!looking) {
            lookOften();
        }
    }

    private void lookOften() {
        looking = silent || System.nanoTime() - lookUntil < 0;
        if (looking) {
            look.run();
            context.owner().setTimer(LOOK_MS, tick -> lookOften());
        }
    }

    private void tick() {
        boolean ring = rung.getAndSet(false);
        int read = reads, found = finds;
        reads = 0;
        finds = 0;
        untilCheck--;
        if (asking) {
            return;
        }
        if (untilCheck <= 0) {
            check();
        } else if (silent) {
            if (policy.isCalm(read, found)) {
                turn(false);
            }
        } else if (policy.wonders(ring)) {
            ask(WAITING, rows -> {
                if (policy.isQueue(rows.iterator().next().getLong(0))) {
                    turn(true);
                }
            });
        }
    }

    private void turn(boolean nowSilent) {
        ask(turning(nowSilent), rows -> {
            learn(nowSilent);
            listener.send(Doorbell.CHANNEL, nowSilent ? SILENT : RINGING);
        });
    }

    private void ask(String sql, Consumer<RowSet<Row>> use) {
        asking = true;
        listener.ask(sql).onComplete(answered -> context.runOnContext(ignored -> {
            asking = false;
            if (answered.succeeded()) {
                use.accept(answered.result());
            } else {
                LOG.debugf("the doorbell's state is not known: %s", answered.cause().getMessage());
                policy.beginAnew();
            }
        }));
    }
}
