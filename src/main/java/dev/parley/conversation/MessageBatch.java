package dev.parley.conversation;

import dev.parley.database.Connections;
import dev.parley.feed.OwnCommit;
import io.vertx.core.Future;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.SqlClient;
import io.vertx.sqlclient.Tuple;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.IntStream;

/**
 * Stores a batch of messages: one call of the database's function for usual ones (or of its little sister for one message), one transaction, one flush,
 * an outcome for each message. What is not usual a second call judges.
 */
final class MessageBatch {

    /** What a session needs that stores messages: plans that do not depend on what the tables held when they were made, and no ring for each commit. */
    static final String SESSION = """
            set parley.quiet = 'on';
            set plan_cache_mode = force_generic_plan; set enable_seqscan = off; set jit = off""" + Connections.SAME_TEXTS;

    /** The words of {@code parley.write_messages}; see its migration for what each means. */
    enum Outcome { CREATED, DUPLICATE, UNKNOWN, CLOSED, CONFLICT, REFUSED, BUSY, AGAIN }

    /** @param sent set for {@code CREATED} and {@code DUPLICATE} */
    record Result(Outcome outcome, Sent sent) {
    }

    /** What a batch came to. @param commit the transaction; null where there were none or several, or not all that it wrote is known */
    record Written(Result[] results, OwnCommit commit) {
    }

    private static final String STORE_ONE = "select seq, created_at, stored_metadata, stored_row from parley.store_message($1, $2, $3, $4, $5, $6, $7)";
    private static final String STORE = """
            select stored_ids, seqs, created_at, stored_metadatas, stored_rows, own_commit, logged_at, log_ids, log_records
            from parley.store_messages($1, $2, $3, $4, $5, $6, $7, $8, $9)""";
    private static final String JUDGE = "select ordinal, id, outcome, seq, created_at, stored, stored_row from parley.write_messages($1, $2, $3, $4, $5, $6, $7, $8)";

    private final SqlClient client;
    private final List<PendingMessage> pending;
    private final Result[] results;
    private OwnCommit commit;

    private MessageBatch(SqlClient client, List<PendingMessage> pending) {
        this.client = client;
        this.pending = pending;
        this.results = new Result[pending.size()];
    }

    /**
     * Stores the messages; conversations that another transaction has locked are {@code BUSY}.
     *
     * @param client        whose sessions all are in state {@link #SESSION}
     * @param lockTimeoutMs how long to wait for any other lock
     * @param tells         whether the rows as they are logged are wanted
     * @return a result for each message, in order; fails as a whole with the database's error
     */
    static Future<Written> write(SqlClient client, List<PendingMessage> pending, int lockTimeoutMs, boolean tells) {
        MessageBatch batch = new MessageBatch(client, pending);
        return (pending.size() == 1 ? batch.storeOnlyOne(lockTimeoutMs) : batch.store(lockTimeoutMs, tells))
                .compose(all -> all ? Future.succeededFuture() : batch.judgeOthers(false, lockTimeoutMs)).map(done -> new Written(batch.results, batch.commit));
    }

    /**
     * Stores the messages by way of the function that judges each: to be called where they are known not to be usual.
     *
     * @param waitForLocks whether to wait for conversations that another transaction has locked, or to answer {@code BUSY} for them
     */
    static Future<Written> judge(SqlClient client, List<PendingMessage> pending, boolean waitForLocks, int lockTimeoutMs) {
        MessageBatch batch = new MessageBatch(client, pending);
        return batch.judgeOthers(waitForLocks, lockTimeoutMs).map(done -> new Written(batch.results, null));
    }

    /** Stores a message where all about it is usual; else nothing happens and the result is empty. */
    static Future<Optional<Result>> storeOne(SqlClient client, NewMessage message, int lockTimeoutMs) {
        return client.preparedQuery(STORE_ONE)
                .execute(Tuple.of(message.id(), message.conversationId(), message.senderId(), message.senderRole(), message.content())
                        .addString(message.metadata()).addInteger(lockTimeoutMs))
                .map(rows -> {
                    Row row = rows.iterator().next();
                    Long seq = row.getLong(0);
                    return seq == null ? Optional.empty() : Optional.of(created(message, seq, row.getString(1), row.getString(2), row.getString(3)));
                });
    }

    private Future<Boolean> storeOnlyOne(int lockTimeoutMs) {
        return storeOne(client, pending.get(0).message(), lockTimeoutMs).map(result -> {
            results[0] = result.orElse(null);
            return result.isPresent();
        });
    }

    /** Whether all are stored. */
    private Future<Boolean> store(int lockTimeoutMs, boolean tells) {
        Map<UUID, Integer> places = new HashMap<>(pending.size() * 2);
        Map<UUID, Integer> counts = new HashMap<>(pending.size() * 2);
        Integer[] numbers = new Integer[pending.size()];
        for (int i = 0; i < numbers.length; i++) {
            NewMessage message = pending.get(i).message();
            if (places.put(message.id(), i) != null) {
                return Future.succeededFuture(false); // an id twice
            }
            numbers[i] = counts.merge(message.conversationId(), 1, Integer::sum);
        }
        Columns columns = new Columns(pending);
        return client.preparedQuery(STORE)
                .execute(Tuple.of(columns.ids, columns.conversations, numbers).addArrayOfString(columns.senders).addArrayOfString(columns.roles)
                        .addArrayOfString(columns.contents).addArrayOfString(columns.metadatas).addInteger(lockTimeoutMs).addBoolean(tells))
                .map(rows -> {
                    Row row = rows.iterator().next();
                    UUID[] ids = row.getArrayOfUUIDs(0);
                    if (ids == null) {
                        return false;
                    }
                    Long[] seqs = row.getArrayOfLongs(1);
                    String createdAt = row.getString(2);
                    String[] metadatas = row.getArrayOfStrings(3);
                    String[] changed = row.getArrayOfStrings(4);
                    for (int i = 0; i < ids.length; i++) {
                        int at = places.get(ids[i]);
                        results[at] = created(pending.get(at).message(), seqs[i], createdAt, metadatas == null ? null : metadatas[i],
                                changed == null ? null : changed[i]);
                    }
                    String told = row.getString(5);
                    if (told == null || ids.length < results.length) {
                        return ids.length == results.length;
                    }
                    commit = OwnCommit.parse(told, "public", "messages", row.getOffsetDateTime(6), row.getArrayOfLongs(7), row.getArrayOfStrings(8));
                    return true;
                });
    }

    /**
     * Asks about those that are not stored yet. When that fails, those that are have their answer all the same, and the others count as busy:
     * where it goes on failing they soon wait by themselves, and the failure is looked at there.
     */
    private Future<Void> judgeOthers(boolean waitForLocks, int lockTimeoutMs) {
        List<Integer> places = IntStream.range(0, results.length).filter(i -> results[i] == null).boxed().toList();
        Columns columns = new Columns(places.stream().map(pending::get).toList());
        return client.preparedQuery(JUDGE)
                .execute(Tuple.of(columns.ids, columns.conversations, columns.senders).addArrayOfString(columns.roles).addArrayOfString(columns.contents)
                        .addArrayOfString(columns.metadatas).addBoolean(waitForLocks).addInteger(lockTimeoutMs))
                .<Void>map(rows -> {
                    places.forEach(at -> results[at] = new Result(Outcome.REFUSED, null));
                    for (Row row : rows) {
                        Integer ordinal = row.getInteger(0);
                        int at = ordinal == null ? placeOf(row.getUUID(1)) : places.get(ordinal - 1);
                        results[at] = judged(pending.get(at).message(), row);
                    }
                    return null;
                })
                .recover(failure -> {
                    if (places.size() == results.length) {
                        return Future.failedFuture(failure);
                    }
                    places.forEach(at -> results[at] = new Result(Outcome.BUSY, null));
                    return Future.succeededFuture();
                });
    }

    private int placeOf(UUID id) {
        return IntStream.range(0, results.length).filter(i -> pending.get(i).message().id().equals(id)).findFirst().orElseThrow();
    }

    private static Result judged(NewMessage message, Row row) {
        Outcome outcome = Outcome.valueOf(row.getString(2).toUpperCase(Locale.ROOT));
        return switch (outcome) {
            case CREATED -> created(message, row.getLong(3), row.getString(4), row.getString(5), row.getString(6));
            case DUPLICATE -> new Result(outcome, new Sent(message, row.getLong(3), true, null, null, row.getString(5)));
            default -> new Result(outcome, null);
        };
    }

    /**
     * @param metadata as it is stored, null where it is empty
     * @param changed  the row, where a trigger made something else of what was sent
     */
    private static Result created(NewMessage message, long seq, String createdAt, String metadata, String changed) {
        return new Result(Outcome.CREATED, new Sent(message, seq, false, createdAt, metadata == null ? "{}" : metadata, changed));
    }

    /** Messages column by column, as the functions take them. */
    private static final class Columns {

        private final UUID[] ids, conversations;
        private final String[] senders, roles, contents, metadatas;

        private Columns(List<PendingMessage> pending) {
            int size = pending.size();
            ids = new UUID[size];
            conversations = new UUID[size];
            senders = new String[size];
            roles = new String[size];
            contents = new String[size];
            metadatas = new String[size];
            for (int i = 0; i < size; i++) {
                NewMessage message = pending.get(i).message();
                ids[i] = message.id();
                conversations[i] = message.conversationId();
                senders[i] = message.senderId();
                roles[i] = message.senderRole();
                contents[i] = message.content();
                metadatas[i] = message.metadata();
            }
        }
    }
}
