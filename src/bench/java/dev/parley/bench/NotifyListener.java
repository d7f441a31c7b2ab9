package dev.parley.bench;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.Arrays;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;

/** The peer's reader of row 6: listens on a channel and notes how old the marks are in what it is told. A thread of its own reads. */
final class NotifyListener implements AutoCloseable {

    private static final int WAIT_MS = 100;
    private static final double PATIENCE_S = 60;

    private final Connection connection;
    private final Thread reader;
    private double[] micros = new double[1 << 16];
    private int count;
    private SQLException failure;
    private volatile boolean closed;

    NotifyListener(Cluster cluster, String database, String channel) {
        connection = cluster.connect(database);
        try (Statement statement = connection.createStatement()) {
            statement.execute("listen " + channel);
        } catch (SQLException e) {
            throw new BenchException(e.getMessage());
        }
        reader = new Thread(this::read, "listener");
        reader.setDaemon(true);
        reader.start();
    }

    /** Forgets what has come so far. */
    synchronized void begin() {
        count = 0;
    }

    /** Waits for so many notifications; returns their ages in microseconds, in rising order. */
    double[] await(long expected) {
        double waited = 0;
        for (; waited < PATIENCE_S; waited += 0.05) {
            synchronized (this) {
                if (failure != null) {
                    throw new BenchException("the listener: " + failure.getMessage());
                }
                if (count >= expected) {
                    double[] sorted = Arrays.copyOf(micros, count);
                    Arrays.sort(sorted);
                    return sorted;
                }
            }
            Commands.sleep(0.05);
        }
        throw new BenchException("the listener was told " + count + " of " + expected + " rows");
    }

    @Override
    public void close() {
        closed = true;
        try {
            reader.join(2L * WAIT_MS);
            connection.close();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (SQLException e) {
            throw new BenchException(e.getMessage());
        }
    }

    private void read() {
        try {
            PGConnection notifications = connection.unwrap(PGConnection.class);
            while (!closed) {
                PGNotification[] arrived = notifications.getNotifications(WAIT_MS);
                if (arrived != null) {
                    note(arrived);
                }
            }
        } catch (SQLException e) {
            synchronized (this) {
                failure = e;
            }
        }
    }

    private synchronized void note(PGNotification[] arrived) {
        Instant clock = Instant.now();
        double now = clock.getEpochSecond() * 1e6 + clock.getNano() / 1e3;
        for (PGNotification each : arrived) {
            int mark = each.getParameter().indexOf("@@") + 2;
            if (count == micros.length) {
                micros = Arrays.copyOf(micros, 2 * count);
            }
            micros[count++] = now - Long.parseLong(each.getParameter().substring(mark, each.getParameter().indexOf(':', mark)));
        }
    }
}
