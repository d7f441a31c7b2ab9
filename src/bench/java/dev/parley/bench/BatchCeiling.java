package dev.parley.bench;

import dev.parley.bench.Turns.Sample;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.IntStream;

/** Row 4's ceiling: the database's batch function alone, without service, streams and load generator. */
final class BatchCeiling {

    private static final String WRITE = "select stored_ids from parley.store_messages(?, ?, ?, ?, ?, ?, ?, 5000)";
    /** What the service's sessions have. */
    private static final String SESSION = """
            set parley.quiet = 'on'; set timezone = 'UTC';
            set plan_cache_mode = force_generic_plan; set enable_seqscan = off; set jit = off""";
    private static final int[] SIZES = {50, 500};
    private static final int CONNECTIONS = 2;

    private final Suite suite;
    private final String database;
    private final int conversations;

    BatchCeiling(Suite suite, String database, int conversations) {
        this.suite = suite;
        this.database = database;
        this.conversations = conversations;
    }

    void measure() {
        double seconds = suite.options().of(5.0, 2.0);
        for (int size : SIZES) {
            perSecond(size, seconds / 2);
            double[] runs = IntStream.range(0, suite.options().of(3, 1)).mapToDouble(round -> perSecond(size, seconds)).toArray();
            suite.report().line(4, "ceiling: the batch function alone, " + CONNECTIONS + " connections, batches of " + size).parley("messages/s", new Sample(runs)).end();
        }
    }

    private double perSecond(int size, double seconds) {
        long start = System.nanoTime(), end = start + (long) (seconds * 1e9);
        LongAdder stored = new LongAdder();
        CompletableFuture<?>[] writers = IntStream.range(0, CONNECTIONS)
                .mapToObj(i -> CompletableFuture.runAsync(() -> write(i, size, end, stored))).toArray(CompletableFuture<?>[]::new);
        try {
            CompletableFuture.allOf(writers).get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BenchException("interrupted");
        } catch (ExecutionException e) {
            throw new BenchException("the batch function: " + e.getCause().getMessage());
        }
        return stored.sum() / ((System.nanoTime() - start) / 1e9);
    }

    /** Each connection has conversations of its own, as the service's transactions have. */
    private void write(int writer, int size, long end, LongAdder stored) {
        int own = conversations / CONNECTIONS;
        UUID[] rooms = IntStream.range(0, own).mapToObj(i -> new UUID(0x4000L, 0x8000_0000_0000_0000L | Long.parseLong(String.valueOf(writer * own + i), 16))).toArray(UUID[]::new);
        try (Connection connection = suite.cluster().connect(database); Statement session = connection.createStatement();
                PreparedStatement statement = connection.prepareStatement(WRITE)) {
            session.execute(SESSION);
            Integer[] first = new Integer[size]; // no batch is larger than a writer has conversations, so each message is its conversation's first
            Arrays.fill(first, 1);
            int at = 0;
            while (System.nanoTime() < end) {
                UUID[] ids = new UUID[size], conversation = new UUID[size];
                for (int i = 0; i < size; i++) {
                    ids[i] = UUID.randomUUID();
                    conversation[i] = rooms[at++ % own];
                }
                statement.setArray(1, array(connection, "uuid", ids));
                statement.setArray(2, array(connection, "uuid", conversation));
                statement.setArray(3, array(connection, "integer", first));
                statement.setArray(4, texts(connection, size, "anonymous"));
                statement.setArray(5, texts(connection, size, "customer"));
                statement.setArray(6, texts(connection, size, "a message of as many characters as those of the other measurements have, more or less"));
                statement.setArray(7, texts(connection, size, "{}"));
                try (ResultSet rows = statement.executeQuery()) {
                    rows.next();
                    int done = ((Object[]) rows.getArray(1).getArray()).length;
                    if (done != size) {
                        throw new BenchException("the batch function stored " + done + " of " + size);
                    }
                    stored.add(done);
                }
            }
        } catch (SQLException e) {
            throw new BenchException(e.getMessage());
        }
    }

    private static Array texts(Connection connection, int size, String text) throws SQLException {
        String[] texts = new String[size];
        Arrays.fill(texts, text);
        return array(connection, "text", texts);
    }

    private static Array array(Connection connection, String type, Object[] values) throws SQLException {
        return connection.createArrayOf(type, values);
    }
}
