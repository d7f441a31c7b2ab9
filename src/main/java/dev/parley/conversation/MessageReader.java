package dev.parley.conversation;

import dev.parley.feed.LargeRows;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * Reads pages of a conversation's messages, as JSON made by the database. Never blocks; answers on the caller's event loop.
 * Fails with a {@link ParleyException} when the conversation is unknown, else with the client's own exceptions.
 */
@ApplicationScoped
class MessageReader {

    private static final String JSON = LargeRows.text("to_json(m.*)", MessageSize.sql("m"));
    // the outer join tells a conversation without messages (one row of nulls) from one that is not there (no row)
    private static final String PAGE = """
            select m.seq, %s
            from public.conversations c
            left join lateral (
              select * from public.messages
              where conversation_id = c.id and seq %s $2
              order by seq %s
              limit $3
            ) m on true
            where c.id = $1
            order by m.seq
            """;
    private static final String AFTER = PAGE.formatted(JSON, ">", "asc");
    private static final String BEFORE = PAGE.formatted(JSON, "<", "desc");

    private final Pool pool;

    MessageReader(Pool pool) {
        this.pool = pool;
    }

    /** The first messages after {@code seq}; {@code next} is the last one's seq when there are more. */
    Uni<Page> after(UUID conversationId, long seq, int limit) {
        return rows(AFTER, conversationId, seq, limit).map(found -> {
            boolean more = found.size() > limit;
            List<Numbered> items = more ? found.subList(0, limit) : found;
            return page(items, more ? items.get(limit - 1) : null);
        });
    }

    /** The last messages before {@code seq}; {@code next} is the first one's seq when there are more. */
    Uni<Page> before(UUID conversationId, long seq, int limit) {
        return rows(BEFORE, conversationId, seq, limit).map(found -> {
            boolean more = found.size() > limit;
            List<Numbered> items = more ? found.subList(1, limit + 1) : found;
            return page(items, more ? items.get(0) : null);
        });
    }

    private record Numbered(long seq, String json) {
    }

    private Uni<List<Numbered>> rows(String sql, UUID conversationId, long seq, int limit) {
        return pool.preparedQuery(sql).execute(Tuple.of(conversationId, seq, limit + 1)).map(rows -> numbered(rows, conversationId));
    }

    private static List<Numbered> numbered(RowSet<Row> rows, UUID conversationId) {
        if (rows.size() == 0) {
            throw Unknown.conversation(conversationId);
        }
        List<Numbered> found = new ArrayList<>(rows.size());
        for (Row row : rows) {
            Long seq = row.getLong(0);
            if (seq != null) {
                found.add(new Numbered(seq, row.getString(1)));
            }
        }
        return found;
    }

    private static Page page(List<Numbered> items, Numbered edge) {
        return new Page(items.stream().map(Numbered::json).toList(), edge == null ? null : Long.toString(edge.seq()));
    }
}
