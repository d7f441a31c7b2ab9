package dev.parley.conversation;

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

    // the outer join tells a conversation without messages (one row of nulls) from one that is not there (no row)
    private static final String PAGE = """
            select p.seq, case when p.fits then %s end
            from public.conversations c
            left join lateral %s on true
            where c.id = $1
            order by p.seq
            """;
    private static final String AFTER = PAGE.formatted(MessageRows.TEXT, MessageRows.after(Page.ENOUGH));
    private static final String BEFORE = PAGE.formatted(MessageRows.TEXT, MessageRows.before(Page.ENOUGH));

    private final Pool pool;

    MessageReader(Pool pool) {
        this.pool = pool;
    }

    /** The first messages after {@code seq}; {@code next} is the last one's seq when there are more. */
    Uni<Page> after(UUID conversationId, long seq, int limit) {
        return rows(AFTER, conversationId, seq, limit).map(found -> {
            List<Numbered> items = found.stream().limit(limit).filter(Numbered::fits).toList();
            return page(items, items.size() < found.size() ? items.get(items.size() - 1) : null);
        });
    }

    /** The last messages before {@code seq}; {@code next} is the first one's seq when there are more. */
    Uni<Page> before(UUID conversationId, long seq, int limit) {
        return rows(BEFORE, conversationId, seq, limit).map(found -> {
            List<Numbered> items = found.stream().skip(Math.max(0, found.size() - limit)).filter(Numbered::fits).toList();
            return page(items, items.size() < found.size() ? items.get(0) : null);
        });
    }

    /** @param json null for one that does not fit */
    private record Numbered(long seq, String json) {

        boolean fits() {
            return json != null;
        }
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
