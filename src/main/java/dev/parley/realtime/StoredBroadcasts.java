package dev.parley.realtime;

import dev.parley.broadcast.Broadcast;
import dev.parley.broadcast.TopicHub;
import dev.parley.database.Connections;
import dev.parley.database.ExpendablePool;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.pgclient.PgException;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.Tuple;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * Broadcasts of private channels that are kept in {@code realtime.messages}. Any thread; never blocks.
 *
 * <p>What is stored here is said to others by the row alone, when the tail brings it ({@link DatabaseBroadcasts}): in the order of commit, and not at all
 * when it could not be stored.
 */
@ApplicationScoped
class StoredBroadcasts {

    private static final int CONNECTIONS = 2;
    /** A live server ends a statement by itself before its connection is taken for dead. */
    private static final String SESSION = "set statement_timeout = '5s'; set lock_timeout = '3s'; set timezone = 'UTC'; set jit = off; "
            + "set default_transaction_read_only = off";
    private static final long DEAD_MS = 7_000;
    private static final long LATEST_MS = 4_102_444_800_000L; // the year 2100: what is later is nonsense, and may not be a time at all
    private static final long MAX_REPLAY_BYTES = 8_000_000;
    private static final int MAX_SOURCES = 10_000;
    private static final String UNDEFINED_COLUMN = "42703";

    /** The newest of a topic, and no more of them than there is room for. What one transaction stored has one time: its rows come as they lie. */
    private static final String SINCE = """
            select id::text, event, payload::text, %1$s from (
              select newest.*,
                     sum(coalesce(octet_length(payload::text), 0) + coalesce(octet_length(%1$s), 0)) over (order by inserted_at desc, place desc) as bytes
              from (
                select m.*, m.ctid as place from realtime.messages m
                where topic = $1 and private and extension = 'broadcast' and event is not null
                  and inserted_at >= to_timestamp($2::float8 / 1000) at time zone 'UTC'
                order by inserted_at desc, place desc limit $3
              ) newest
            ) sized
            where bytes <= $4
            order by inserted_at, place""";
    private static final String STORE_JSON = """
            insert into realtime.messages (id, topic, extension, event, private, payload) values ($1, $2, 'broadcast', $3, true, $4::text::jsonb)""";
    private static final String STORE_BINARY = """
            insert into realtime.messages (id, topic, extension, event, private, binary_payload) values ($1, $2, 'broadcast', $3, true, $4)""";

    private final int replayLimit;
    /** Who is not to hear what it has stored. */
    private final Map<String, TopicHub.Receiver> sources = new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, TopicHub.Receiver> eldest) {
            return size() > MAX_SOURCES;
        }
    };
    private final ExpendablePool pool;

    StoredBroadcasts(Connections connections, @ConfigProperty(name = "parley.realtime.replay-limit", defaultValue = "100") int replayLimit) {
        this.pool = new ExpendablePool(() -> connections.pool(connections.options("parley-stored-broadcasts"), CONNECTIONS, SESSION), DEAD_MS);
        this.replayLimit = replayLimit;
    }

    /** A broadcast and the row's id, which its meta carries too. */
    record Stored(String id, Broadcast broadcast) {
    }

    /**
     * Reads a private topic's newest broadcasts, oldest first.
     *
     * @param sinceMillis from when on, in milliseconds since 1970
     * @param limit       how many at most; never more than {@code parley.realtime.replay-limit}
     */
    Future<List<Stored>> since(String topic, long sinceMillis, int limit) {
        if (isUnstorable(topic)) {
            return Future.succeededFuture(List.of());
        }
        Tuple question = Tuple.of(topic, (double) Math.max(0, Math.min(LATEST_MS, sinceMillis)), Math.max(1, Math.min(replayLimit, limit)), MAX_REPLAY_BYTES);
        return ask(SINCE.formatted("binary_payload"), question)
                .recover(failure -> failure instanceof PgException refused && UNDEFINED_COLUMN.equals(refused.getSqlState())
                        // the table of an older Supabase
                        ? ask(SINCE.formatted("null::bytea"), question) : Future.failedFuture(failure))
                .map(rows -> {
                    List<Stored> stored = new ArrayList<>(rows.size());
                    rows.forEach(row -> add(row, stored));
                    return stored;
                });
    }

    private static void add(Row row, List<Stored> stored) {
        String id = row.getString(0);
        String meta = "{\"replayed\":true,\"id\":\"" + id + "\"}";
        Buffer binary = row.getBuffer(3);
        if (row.getString(2) != null) {
            stored.add(new Stored(id, Broadcast.of(row.getString(1), RawJson.bytes(row.getString(2)), true, meta)));
        } else if (binary != null) {
            stored.add(new Stored(id, Broadcast.of(row.getString(1), binary.getBytes(), false, meta)));
        }
    }

    /**
     * Stores a broadcast for a private topic, and by that says it to all who are there.
     *
     * @param broadcast  one with an event of its own
     * @param ttlSeconds how long it is wanted, or null; it is kept as long as all others
     * @param source     who is not to hear it, or null
     * @return the id
     */
    Future<String> store(String topic, Broadcast broadcast, Long ttlSeconds, TopicHub.Receiver source) {
        if (isUnstorable(topic) || isUnstorable(broadcast.event())) {
            return Future.failedFuture("a name with a character that PostgreSQL does not store");
        }
        UUID id = UUID.randomUUID();
        if (source != null) {
            synchronized (sources) {
                sources.put(id.toString(), source);
            }
        }
        Object payload = broadcast.isJson() ? new String(broadcast.payload(), StandardCharsets.UTF_8) : Buffer.buffer(broadcast.payload());
        return ask(broadcast.isJson() ? STORE_JSON : STORE_BINARY, Tuple.of(id, topic, broadcast.event(), payload))
                .onFailure(failure -> source(id.toString()))
                .map(id.toString());
    }

    /** Who stored a row through this replica and is not to hear it; null for everybody else's. Asked once. */
    TopicHub.Receiver source(String id) {
        synchronized (sources) {
            return sources.remove(id);
        }
    }

    private static boolean isUnstorable(String text) {
        return text == null || text.indexOf('\0') >= 0;
    }

    private Future<RowSet<Row>> ask(String sql, Tuple parameters) {
        return pool.ask(asked -> asked.preparedQuery(sql).execute(parameters));
    }

    @PreDestroy
    void close() {
        pool.close();
    }
}
