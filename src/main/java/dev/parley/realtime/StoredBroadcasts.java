package dev.parley.realtime;

import dev.parley.broadcast.Broadcast;
import dev.parley.database.Connections;
import dev.parley.database.ExpendablePool;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.pgclient.PgException;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * Broadcasts of private channels that are kept in {@code realtime.messages}. Any thread; never blocks.
 *
 * <p>What is stored here is said to others by the row alone, when the tail brings it ({@link DatabaseBroadcasts}), and not at all when it could
 * not be stored. Where that is not known it may be said yet, and not to its author even then.
 */
@ApplicationScoped
class StoredBroadcasts {

    private static final int CONNECTIONS = 2;
    /** A live server ends a statement by itself before its connection is taken for dead. */
    private static final String SESSION = "set statement_timeout = '5s'; set lock_timeout = '3s'; set jit = off" + Connections.SAME_TEXTS;
    private static final long DEAD_MS = 7_000;
    private static final long LATEST_MS = 4_102_444_800_000L; // the year 2100: what is later is nonsense, and may not be a time at all
    private static final long MAX_REPLAY_BYTES = 8_000_000;
    /** Of replays that are being read, or that their clients have not taken yet. */
    private static final long MAX_REPLAYS_BYTES = 8 * MAX_REPLAY_BYTES;
    /** What a broadcast takes beside its payload. */
    private static final int OVERHEAD = 256;
    /** Each on its way into the database counts as so much more than its payload: of small ones no more than 2,000 are under way. */
    private static final int STORING_OVERHEAD = 16_000;
    private static final long MAX_STORING = 2_000L * STORING_OVERHEAD;
    private static final int MAX_SOURCES = 10_000;
    private static final String UNDEFINED_COLUMN = "42703";
    private static final String DATA_EXCEPTION = "22", CONSTRAINT_VIOLATION = "23", CHECK_VIOLATION = "23514";
    /** SQLSTATEs of a server that is going down, maybe while a commit waits for its standby, and of a pooler whose connection to the server broke. */
    private static final String GOING_DOWN = "57P", CONNECTION_EXCEPTION = "08";

    /** The newest of a topic, and no more of them than there is room for. What one transaction stored has one time: its rows come as they lie. */
    private static final String SINCE = """
            select id::text, event, payload::text, %1$s from (
              select newest.*,
                     sum(coalesce(octet_length(payload::text), 0) + coalesce(octet_length(%1$s), 0)) over (order by inserted_at desc, place desc) as bytes
              from (
                select m.*, m.ctid as place from realtime.messages m
                where topic = $1 and private and extension = 'broadcast' and event is not null
                  and inserted_at >= to_timestamp($2::float8 / 1000::float8) at time zone 'UTC'
                order by inserted_at desc, place desc limit $3
              ) newest
            ) sized
            where bytes <= $4
            order by inserted_at, place""";
    private static final String STORE_JSON = """
            insert into realtime.messages (id, topic, extension, event, private, payload) values ($1, $2, 'broadcast', $3, true, $4::text::jsonb)
            returning pg_current_xact_id()::text::bigint""";
    private static final String STORE_BINARY = """
            insert into realtime.messages (id, topic, extension, event, private, binary_payload) values ($1, $2, 'broadcast', $3, true, $4)
            returning pg_current_xact_id()::text::bigint""";

    private final int replayLimit;
    private final Allowance replays = new Allowance(MAX_REPLAYS_BYTES);
    private final Allowance storing = new Allowance(MAX_STORING);
    /** Who says a row, as {@link dev.parley.broadcast.TopicHub} knows it. What never comes after all goes when there are too many. */
    private final Map<String, Object> sources = new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Object> eldest) {
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
     * A broadcast that was stored.
     *
     * @param id          of its row
     * @param transaction that stored it; 0 when a trigger has put it elsewhere
     */
    record Kept(String id, long transaction) {
    }

    /**
     * A topic's newest broadcasts, oldest first.
     *
     * @param part of what all replays may take together: to be given back when the client has them
     */
    record Replay(List<Stored> broadcasts, Allowance.Part part) {
    }

    /**
     * Reads a private topic's newest broadcasts. Fails when too much of what was read for others has not been taken yet.
     *
     * @param sinceMillis from when on, in milliseconds since 1970
     * @param limit       how many at most; never more than {@code parley.realtime.replay-limit}
     */
    Future<Replay> since(String topic, long sinceMillis, int limit) {
        if (isUnstorable(topic)) {
            return Future.succeededFuture(new Replay(List.of(), replays.part()));
        }
        Tuple question = Tuple.of(topic, (double) Math.max(0, Math.min(LATEST_MS, sinceMillis)), Math.max(1, Math.min(replayLimit, limit)), MAX_REPLAY_BYTES);
        Allowance.Part part = replays.part();
        long latest = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(Channel.STEP_TIMEOUT_MS);
        return pool.askOne(connection -> {
            if (System.nanoTime() - latest > 0) {
                return Future.failedFuture("nobody waits for the answer any more");
            }
            // how much it will be is known when it is there
            return part.take(MAX_REPLAY_BYTES) ? read(connection, question) : Future.failedFuture("too much of other replays has not been taken yet");
        }).map(rows -> {
            List<Stored> stored = new ArrayList<>(rows.size());
            rows.forEach(row -> add(row, stored));
            part.keep(stored.stream().mapToLong(one -> one.broadcast().payload().length + OVERHEAD).sum());
            return new Replay(stored, part);
        }).onFailure(failure -> part.giveBack());
    }

    private static Future<RowSet<Row>> read(SqlConnection connection, Tuple question) {
        return connection.preparedQuery(SINCE.formatted("binary_payload")).execute(question)
                .recover(failure -> failure instanceof PgException refused && UNDEFINED_COLUMN.equals(refused.getSqlState())
                        // the table of an older Supabase
                        ? connection.preparedQuery(SINCE.formatted("null::bytea")).execute(question) : Future.failedFuture(failure));
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
     * Room for a broadcast that is to be stored, or that waits for one which is; null when too many are on their way already.
     *
     * @param cost what it counts
     */
    Allowance.Part room(long cost) {
        Allowance.Part room = storing.part();
        return room.take(cost) ? room : null;
    }

    /**
     * Stores a broadcast for a private topic, and by that says it to all who are there. Fails at once when too many are on their way already, with
     * {@link Unstorable} when it never can be, and with {@link UnknownOutcome} when it may have been stored or be stored yet.
     *
     * @param broadcast one with an event of its own
     * @return the id
     */
    Future<String> store(String topic, Broadcast broadcast) {
        Allowance.Part room = room(cost(broadcast, true));
        return room == null ? Future.failedFuture("too many broadcasts are on their way into the database")
                : store(topic, broadcast, null).map(Kept::id).onComplete(done -> room.giveBack());
    }

    /**
     * The same for one that there is {@link #room} for.
     *
     * @param source who says it, as {@link dev.parley.broadcast.TopicHub} knows it
     */
    Future<Kept> store(String topic, Broadcast broadcast, Object source) {
        if (isUnstorable(topic) || isUnstorable(broadcast.event())) {
            return Future.failedFuture(new Unstorable(isUnstorable(topic) ? "topic" : "event", null));
        }
        UUID id = UUID.randomUUID();
        if (source != null) {
            synchronized (sources) {
                sources.put(id.toString(), source);
            }
        }
        Object payload = broadcast.isJson() ? new String(broadcast.payload(), StandardCharsets.UTF_8) : Buffer.buffer(broadcast.payload());
        Tuple row = Tuple.of(id, topic, broadcast.event(), payload);
        AtomicBoolean sent = new AtomicBoolean();
        return pool.askOne(connection -> {
                    sent.set(true);
                    return connection.preparedQuery(broadcast.isJson() ? STORE_JSON : STORE_BINARY).execute(row);
                })
                .recover(failure -> {
                    if (sent.get() && !isRefusal(failure)) {
                        return Future.failedFuture(new UnknownOutcome(failure));
                    }
                    source(id.toString());
                    return Future.failedFuture(isOfTheData(failure) ? new Unstorable("payload", failure) : failure);
                })
                .map(rows -> new Kept(id.toString(), rows.iterator().hasNext() ? rows.iterator().next().getLong(0) : 0));
    }

    /** Whether the server has said that it did not store it: a time-out or a broken connection says nothing, a commit may be under way. */
    private static boolean isRefusal(Throwable failure) {
        return failure instanceof PgException said && said.getSqlState() != null
                && !said.getSqlState().startsWith(CONNECTION_EXCEPTION) && !said.getSqlState().startsWith(GOING_DOWN);
    }

    /**
     * Whether the server refuses these data: text that its types don't hold, or what a constraint does not let in. A day that has no partition yet is a check's
     * violation too, of a check without a name.
     */
    private static boolean isOfTheData(Throwable failure) {
        return failure instanceof PgException said && said.getSqlState() != null
                && (said.getSqlState().startsWith(DATA_EXCEPTION)
                        || said.getSqlState().startsWith(CONSTRAINT_VIOLATION) && !(said.getSqlState().equals(CHECK_VIOLATION) && said.getConstraint() == null));
    }

    /** What a broadcast counts while it is being stored, or waits behind one that is, in bytes. */
    static long cost(Broadcast broadcast, boolean persist) {
        return (persist ? STORING_OVERHEAD : OVERHEAD) + broadcast.size();
    }

    /** Who says a row that this replica has stored; null for everybody else's. Asked once. */
    Object source(String id) {
        synchronized (sources) {
            return sources.remove(id);
        }
    }

    private static boolean isUnstorable(String text) {
        return text == null || text.indexOf('\0') >= 0;
    }

    @PreDestroy
    void close() {
        pool.close();
    }
}
