package dev.parley.feed;

import dev.parley.database.NotificationListener;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jboss.logging.Logger;

/**
 * Silences the doorbell for other programs while their commits queue up behind it, and has the tail look often meanwhile.
 *
 * <p>A transaction that notifies takes a lock of the whole server's through its commit, so such commits are flushed one after the other. With 64 writers of single
 * rows, the doorbell silent and a look every 20 ms, three times as many committed as with it ringing, and their rows arrived sooner (1,780/s after 65 ms, 573/s
 * after 86).
 *
 * <p>Whether it is silent is said by a column of the database, which the triggers read, and whoever changes it says so on the doorbell's channel: all replicas follow.
 * Sessions that write remember that it is silent for up to a minute, and for so long the tail goes on looking.
 * For one event loop, the tail's; {@link #heard} and {@link #isSilent} may be called on any thread.
 */
final class BusyDoorbell {

    private static final Logger LOG = Logger.getLogger(BusyDoorbell.class);

    private static final long LOOK_MS = 20, TICK_MS = 250;
    /** How long sessions remember, and a little more. */
    private static final long REMEMBERED_NANOS = TimeUnit.SECONDS.toNanos(62);
    /** Where fewer have rung in a tick, nobody is asked whether any are waiting. */
    private static final int FEW_RINGS = 5;
    /** So many waiting, at so many ticks in a row, are a queue. */
    private static final int QUEUE = 2, QUEUED_TICKS = 4;
    /** Where no more looks of a tick find something, for so many ticks, nobody would have to wait: that is up to 16 commits in a second, for ten seconds. */
    private static final int FEW_FINDS = 4, CALM_TICKS = 40;

    private static final String SILENT = "silent", RINGING = "ringing";
    private static final String STATE = "select not notify from parley.feed";
    /** Who waits for the lock that a commit which notifies takes: on "database 0", see {@code PreCommit_Notify} in PostgreSQL's {@code async.c}. */
    private static final String WAITING = """
            select count(*) from pg_locks where locktype = 'object' and database = 0 and classid = 'pg_database'::regclass and objid = 0 and not granted""";

    private final Context context;
    private final NotificationListener listener;
    private final Runnable look;
    private final AtomicInteger rings = new AtomicInteger();
    private volatile boolean silent;
    /** A question to the database is under way. */
    private boolean asking;
    private boolean looking;
    private long rememberedUntil;
    private int finds;
    private int queuedTicks;
    private int calmTicks;

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
        vertx.setPeriodic(TICK_MS, tick -> tick());
    }

    /** The statement that changes whether other programs' commits ring, and tells all replicas. */
    static String turning(boolean silent) {
        return "with turned as (update parley.feed set notify = %1$s where notify <> %1$s returning notify) select pg_notify('%2$s', '%3$s') from turned"
                .formatted(!silent, Doorbell.CHANNEL, silent ? SILENT : RINGING);
    }

    /** Somebody rang; other programs' commits say nothing with it. */
    void heard(String said) {
        switch (said) {
            case "" -> rings.incrementAndGet();
            case SILENT -> context.runOnContext(ignored -> learn(true));
            case RINGING -> context.runOnContext(ignored -> learn(false));
            default -> { } // another replica
        }
    }

    /** The channel is listened to (again): what was said meanwhile is lost. */
    void connected() {
        ask(STATE, rows -> learn(rows.iterator().next().getBoolean(0)));
    }

    /** The tail has found rows. */
    void found() {
        finds++;
    }

    boolean isSilent() {
        return silent;
    }

    private void learn(boolean nowSilent) {
        if (silent == nowSilent) {
            return;
        }
        silent = nowSilent;
        queuedTicks = 0;
        calmTicks = 0;
        rememberedUntil = System.nanoTime() + REMEMBERED_NANOS;
        LOG.debugf("the doorbell is %s", silent ? SILENT : RINGING);
        if (!looking) {
            lookOften();
        }
    }

    private void lookOften() {
        looking = silent || System.nanoTime() - rememberedUntil < 0;
        if (looking) {
            look.run();
            context.owner().setTimer(LOOK_MS, tick -> lookOften());
        }
    }

    private void tick() {
        int rung = rings.getAndSet(0), found = finds;
        finds = 0;
        if (asking) {
            return;
        }
        if (silent && rung >= FEW_RINGS) {
            connected(); // a replica of another version or mode has had it ring again, without a word
        } else if (silent) {
            calmTicks = found <= FEW_FINDS ? calmTicks + 1 : 0;
            if (calmTicks >= CALM_TICKS) {
                turn(false);
            }
        } else if (rung < FEW_RINGS) {
            queuedTicks = 0;
        } else {
            ask(WAITING, rows -> {
                queuedTicks = rows.iterator().next().getLong(0) >= QUEUE ? queuedTicks + 1 : 0;
                if (queuedTicks >= QUEUED_TICKS) {
                    turn(true);
                }
            });
        }
    }

    private void turn(boolean nowSilent) {
        ask(turning(nowSilent), rows -> learn(nowSilent));
    }

    /** What fails is asked again when a later tick has the same reason to. */
    private void ask(String sql, Consumer<RowSet<Row>> use) {
        asking = true;
        listener.ask(sql).onComplete(answered -> context.runOnContext(ignored -> {
            asking = false;
            if (answered.succeeded()) {
                use.accept(answered.result());
            } else {
                LOG.debugf("the doorbell's state is not known: %s", answered.cause().getMessage());
            }
        }));
    }
}
