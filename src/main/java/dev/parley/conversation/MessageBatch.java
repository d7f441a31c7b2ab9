package dev.parley.conversation;

import io.vertx.core.Future;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.SqlClient;
import io.vertx.sqlclient.Tuple;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** One call of the database's batch function, or of its little sister for one message: one transaction, one flush, an outcome for each message. */
final class MessageBatch {

    /** The function's words; see its migration for what each means. */
    enum Outcome { CREATED, DUPLICATE, UNKNOWN, CLOSED, CONFLICT, REFUSED, BUSY, AGAIN }

    /** @param sent set for {@code CREATED} and {@code DUPLICATE} */
    record Result(Outcome outcome, Sent sent) {
    }

    private static final String WRITE_ONE = "select seq, created_at, stored from parley.write_message($1, $2, $3, $4, $5, $6, $7)";
    private static final String WRITE = "select ordinal, id, outcome, seq, created_at, stored from parley.write_messages($1, $2, $3, $4, $5, $6, $7, $8)";

    private MessageBatch() {
    }

    /**
     * Stores the messages.
     *
     * @param waitForLocks  whether to wait for conversations that another transaction has locked, or to answer {@code BUSY} for them
     * @param lockTimeoutMs how long to wait for any lock
     * @return a result for each message, in order; fails as a whole with the database's error
     */
    static Future<Result[]> write(SqlClient client, List<PendingMessage> pending, boolean waitForLocks, int lockTimeoutMs) {
        if (pending.size() > 1 || waitForLocks) {
            return writeMany(client, pending, waitForLocks, lockTimeoutMs);
        }
        NewMessage message = pending.get(0).message();
        return client.preparedQuery(WRITE_ONE)
                .execute(Tuple.of(message.id(), message.conversationId(), message.senderId(), message.senderRole(), message.content())
                        .addString(message.metadata()).addInteger(lockTimeoutMs))
                .compose(rows -> {
                    if (rows.size() == 0) {
                        return writeMany(client, pending, false, lockTimeoutMs);
                    }
                    Row row = rows.iterator().next();
                    return Future.succeededFuture(new Result[] {
                        row.getLong(0) == null ? new Result(Outcome.REFUSED, null) : new Result(Outcome.CREATED, created(message, row, 0))});
                });
    }

    private static Future<Result[]> writeMany(SqlClient client, List<PendingMessage> pending, boolean waitForLocks, int lockTimeoutMs) {
        int size = pending.size();
        UUID[] ids = new UUID[size];
        UUID[] conversations = new UUID[size];
        String[] senders = new String[size], roles = new String[size], contents = new String[size], metadatas = new String[size];
        for (int i = 0; i < size; i++) {
            NewMessage message = pending.get(i).message();
            ids[i] = message.id();
            conversations[i] = message.conversationId();
            senders[i] = message.senderId();
            roles[i] = message.senderRole();
            contents[i] = message.content();
            metadatas[i] = message.metadata();
        }
        return client.preparedQuery(WRITE)
                .execute(Tuple.of(ids, conversations, senders).addArrayOfString(roles).addArrayOfString(contents).addArrayOfString(metadatas)
                        .addBoolean(waitForLocks).addInteger(lockTimeoutMs))
                .map(rows -> results(rows, pending));
    }

    private static Result[] results(RowSet<Row> rows, List<PendingMessage> pending) {
        Result[] results = new Result[pending.size()];
        Arrays.fill(results, new Result(Outcome.REFUSED, null));
        Map<UUID, Integer> places = null;
        for (Row row : rows) {
            Integer ordinal = row.getInteger(0);
            if (ordinal == null && places == null) {
                places = places(pending);
            }
            int at = ordinal == null ? places.get(row.getUUID(1)) : ordinal - 1;
            Outcome outcome = outcome(row.getString(2));
            results[at] = new Result(outcome, sent(pending.get(at).message(), outcome, row));
        }
        return results;
    }

    private static Sent sent(NewMessage message, Outcome outcome, Row row) {
        return switch (outcome) {
            case CREATED -> created(message, row, 3);
            case DUPLICATE -> new Sent(message, row.getLong(3), null, null, row.getString(5));
            default -> null;
        };
    }

    /** @param first the column of seq, created_at and stored after it */
    private static Sent created(NewMessage message, Row row, int first) {
        String metadata = row.getString(first + 2);
        return new Sent(message, row.getLong(first), row.getString(first + 1), metadata == null ? "{}" : metadata, null);
    }

    private static Map<UUID, Integer> places(List<PendingMessage> pending) {
        Map<UUID, Integer> places = new HashMap<>(pending.size() * 2);
        for (int i = 0; i < pending.size(); i++) {
            places.put(pending.get(i).message().id(), i);
        }
        return places;
    }

    private static Outcome outcome(String word) {
        return switch (word) {
            case "created" -> Outcome.CREATED;
            case "duplicate" -> Outcome.DUPLICATE;
            case "unknown" -> Outcome.UNKNOWN;
            case "closed" -> Outcome.CLOSED;
            case "conflict" -> Outcome.CONFLICT;
            case "busy" -> Outcome.BUSY;
            case "refused" -> Outcome.REFUSED;
            default -> Outcome.AGAIN;
        };
    }
}
