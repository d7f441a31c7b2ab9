package dev.parley.testing;

import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/** Measures from a plain SQL insert to its arrival at a stream, one message in flight. Only ratios of what it says mean anything. */
public final class LatencyProbe implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final TestPostgres database;
    private final StreamClient reader;
    private final Map<UUID, Long> arrivals = new ConcurrentHashMap<>();

    private LatencyProbe(TestPostgres database, StreamClient reader) {
        this.database = database;
        this.reader = reader;
    }

    /** Measures with a conversation of its own. */
    public static LatencyProbe on(TestPostgres database, Instance instance) throws Exception {
        StreamClient reader = StreamClient.conversation(Conversations.insert(database, "latency"));
        LatencyProbe probe = new LatencyProbe(database, reader);
        reader.onMessage((message, nanos) -> probe.arrivals.put(UUID.fromString(message.get("id").asText()), nanos)).join(instance);
        return probe;
    }

    /** The median of some samples, in milliseconds. */
    public double median(int samples) {
        double[] millis = new double[samples];
        Sql.on(database).with(connection -> {
            for (int i = 0; i < samples; i++) {
                UUID id = UUID.randomUUID();
                long start = System.nanoTime();
                Sql.run(connection, "insert into messages (id, conversation_id, content) values (?, ?, 'tick')", id, reader.conversation());
                Await.until(() -> arrivals.containsKey(id), PATIENCE, "a message arrives");
                millis[i] = (arrivals.get(id) - start) / 1e6;
            }
            return null;
        });
        Arrays.sort(millis);
        return millis[samples / 2];
    }

    @Override
    public void close() {
        reader.close();
    }
}
