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
 * Reads conversations with their last message, as JSON made by the database. Never blocks; answers on the caller's event loop.
 * A conversation's activity is its last message's time, or its creation while it has none.
 */
@ApplicationScoped
class ConversationReader {

    private static final String JSON = """
            select f.activity, f.id, case when f.upto - f.bytes < %s then f.json end
            from (
              select t.*, octet_length(t.json) as bytes, sum(octet_length(t.json)) over (order by t.activity desc, t.id desc) as upto
              from (
                select p.activity, p.id, %s as json
                from page p
                join public.conversations c on c.id = p.id
                left join parley.conversation_counter k on k.conversation_id = p.id
                left join lateral (
                  select * from public.messages where conversation_id = p.id order by seq desc limit 1
                ) m on true
                cross join lateral (
                  select c.*, coalesce(k.last_seq, 0) as last_seq, k.last_message_at, %s as last_message
                ) j
              ) t
            ) f
            order by f.activity desc, f.id desc
            """.formatted(Page.ENOUGH, LargeRows.text("pg_catalog.to_json(j.*)", "octet_length(c.metadata::text)"),
            LargeRows.json("pg_catalog.to_json(m)", MessageRows.bytes("m")));

    private static final String ONE = """
            with page as (select id, created_at as activity from public.conversations where id = $1)
            """ + JSON;

    // a where clause for each set of filters: one clause for all ("$1 is null or …") would keep the planner from using an index
    private static final String PAGE = """
            with page as materialized (
              select c.id, coalesce(k.last_message_at, c.created_at) as activity
              from public.conversations c
              left join parley.conversation_counter k on k.conversation_id = c.id
              where %s
              order by activity desc, c.id desc
              limit $1
            )
            """ + JSON;

    private final Pool pool;

    ConversationReader(Pool pool) {
        this.pool = pool;
    }

    /** One conversation's JSON; fails with UNKNOWN_CONVERSATION. */
    Uni<String> one(UUID id) {
        return pool.preparedQuery(ONE).execute(Tuple.of(id)).map(rows -> {
            if (rows.size() == 0) {
                throw Unknown.conversation(id);
            }
            return rows.iterator().next().getString(2);
        });
    }

    /**
     * A page, newest activity first.
     *
     * @param cursor where the page before ended, or null for the first page
     */
    Uni<Page> page(ConversationFilter filter, ConversationCursor cursor, int limit) {
        Tuple values = Tuple.of(limit + 1);
        StringBuilder where = new StringBuilder("true");
        if (filter.status() != null) {
            where.append(" and c.status = ").append(bind(values, filter.status()));
        }
        if (filter.customerId() != null) {
            where.append(" and c.customer_id = ").append(bind(values, filter.customerId()));
        }
        if (cursor != null) {
            where.append(" and (coalesce(k.last_message_at, c.created_at), c.id) < (")
                    .append(bind(values, cursor.activity())).append(", ").append(bind(values, cursor.id())).append(')');
        }
        return pool.preparedQuery(PAGE.formatted(where)).execute(values).map(rows -> page(rows, limit));
    }

    private static String bind(Tuple values, Object value) {
        values.addValue(value);
        return "$" + values.size();
    }

    private static Page page(RowSet<Row> rows, int limit) {
        List<String> items = new ArrayList<>(limit);
        String next = null;
        for (Row row : rows) {
            if (items.size() == limit || row.getString(2) == null) {
                return new Page(items, next);
            }
            items.add(row.getString(2));
            next = new ConversationCursor(row.getOffsetDateTime(0), row.getUUID(1)).text();
        }
        return new Page(items, null);
    }
}
