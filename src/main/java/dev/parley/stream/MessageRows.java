package dev.parley.stream;

import dev.parley.conversation.MessageSize;
import dev.parley.feed.LargeRows;

/** SQL for a page of a conversation's messages, which replays take out of their table. */
final class MessageRows {

    /** The JSON of {@code p.message} as text. */
    static final String TEXT = LargeRows.text("to_json(p.message)", "p.bytes");
    /** Whether large values are missing in it. */
    static final String CUT = LargeRows.isCut("p.bytes");

    private MessageRows() {
    }

    /**
     * The first {@code $3} messages of conversation {@code $1} after the number {@code $2}, as {@code p}: their {@code seq}, {@code created_at},
     * {@code message} and {@code bytes}, and whether each {@code fits} into the page.
     *
     * @param mostBytes no further message fits once so many are reached
     */
    static String page(String mostBytes) {
        return """
                (select l.seq, l.created_at, l as message, b.bytes, sum(b.bytes) over (order by l.seq) - b.bytes < %s as fits
                 from (select * from public.messages m where m.conversation_id = $1 and m.seq > $2 order by m.seq limit $3) l
                 cross join lateral (select %s as bytes) b) p""".formatted(mostBytes, MessageSize.sql("l"));
    }
}
