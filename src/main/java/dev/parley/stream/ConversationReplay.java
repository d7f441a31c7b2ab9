package dev.parley.stream;

import dev.parley.conversation.ErrorCode;
import dev.parley.conversation.MessageRows;
import dev.parley.conversation.ParleyException;
import dev.parley.feed.Change;
import dev.parley.feed.Change.Operation;
import dev.parley.feed.FeedGap;
import dev.parley.feed.FeedGap.Reason;
import dev.parley.feed.PageLimit;
import dev.parley.feed.Position;
import dev.parley.feed.Snapshot;
import io.vertx.core.Future;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * Replays a conversation: its messages out of the messages table, by {@code seq} and without limit, then the edits and deletes since the
 * position (and what became of the conversation itself) out of the change log. Both in one statement, so that one snapshot says what was brought.
 */
final class ConversationReplay implements Replay {

    /** More than this many edits and deletes of one conversation are not replayed one by one. */
    private static final int MAX_EDITS = 5_000;
    private static final long MAX_EDIT_BYTES = 4 << 20;

    /**
     * More edits than are replayed are not sorted only to be thrown away: with 1,550,000 of them that took 10 s and 600 MB on the disk, now 0.1 s. They may then be any of them.
     * What tells of no single conversation stands under the empty name, as does what was too large to be kept. What became of a message before it was inserted
     * again, under another number, is not told (no operation): its row comes before, since the messages are read first. Id and number are found in the text as
     * it is, where they stand before all that somebody writes: to take JSON apart fails for what PostgreSQL can't represent as text.
     */
    private static final String PAGE = """
            with s as materialized (select pg_current_snapshot() as upto)
            select s.upto::text, f.feed_id, f.trimmed::text,
                   exists (select from public.conversations c where c.id = $1),
                   greatest((select k.last_seq from parley.conversation_counter k where k.conversation_id = $1),
                            (select max(m.seq) from public.messages m where m.conversation_id = $1), 0),
                   m.seqs, m.rows, e.ids, e.xids, e.operations, e.rows, m.complete, e.tables, e.bytes
            from s cross join parley.feed f
            cross join lateral (
              select array_agg(p.seq order by p.seq) filter (where p.fits) as seqs,
                     count(*) < $3 and coalesce(bool_and(p.fits), true) as complete,
                     array_agg(%2$s order by p.seq) filter (where p.fits) as rows
              from %3$s
            ) m
            cross join lateral (
              select array_agg(p.id order by p.id) as ids, array_agg(p.xid::text::bigint order by p.id) as xids,
                     array_agg(case when not exists (
                       select from public.messages n where p.table_name = 'messages' and n.conversation_id = $1
                         and n.id = substring(p.row, '"id":"([0-9a-f-]{36})"')::uuid and n.seq > substring(p.row, '"seq":([0-9]+)')::bigint
                     ) then p.operation end order by p.id) as operations, array_agg(p.row order by p.id) as rows,
                     array_agg(p.table_name order by p.id) as tables, sum(p.bytes) as bytes
              from (select l.id, l.xid, l.operation, l.table_name, l.bytes,
                           case when sum(l.bytes) over (order by l.id) < $8 then coalesce(l.record, l.old_record)::text end as row from (
                      select * from (
                        select * from parley.change_log v where %1$s and v.xid >= $4::text::xid8
                        union all
                        select * from parley.change_log v where %1$s and v.xid = any (array(
                          select x from unnest($5::text[]::xid8[]) x where pg_visible_in_snapshot(x, s.upto)))
                      ) w
                      where m.complete and pg_visible_in_snapshot(w.xid, s.upto)
                      limit $6) l) p
            ) e
            """.formatted("""
            v.operation <> 'INSERT' and v.schema_name = 'public' and v.table_name in ('messages', 'conversations')
            and parley.conversation_of(v.table_name, coalesce(v.record, v.old_record)) in ($1::text, '')""", MessageRows.TEXT, MessageRows.after("$7"));

    private final ReplayReader reader;
    private final UUID id;
    /** The last number delivered; null to begin with what commits from now on. */
    private Long seq;
    private Position position;
    private final boolean positionGiven;
    private boolean begun;
    /** What the edits delivered so far are known up to, good in one epoch only; null when the position must do. */
    private Snapshot raw;
    private long rawEpoch;

    /**
     * @param seq      the last number delivered, 0 for all; null to begin with what commits from now on
     * @param position up to where edits and deletes are delivered; null when the reader has nothing that could have been edited
     */
    ConversationReplay(ReplayReader reader, UUID id, Long seq, Position position) {
        this.reader = reader;
        this.id = id;
        this.seq = seq;
        this.position = position;
        this.positionGiven = position != null;
    }

    private ConversationReplay(ConversationReplay other) {
        this.reader = other.reader;
        this.id = other.id;
        this.seq = other.seq;
        this.position = other.position;
        this.positionGiven = other.positionGiven;
        this.begun = other.begun;
        this.raw = other.raw;
        this.rawEpoch = other.rawEpoch;
    }

    @Override
    public Future<Page> read(long epoch) {
        return new ConversationReplay(this).advance(epoch);
    }

    private Future<Page> advance(long epoch) {
        if (!begun) {
            position = reader.known(position);
        }
        Snapshot base = raw != null && rawEpoch == epoch ? raw : position.base();
        boolean edits = begun || positionGiven;
        PageLimit limit = reader.limit();
        Tuple question = Tuple.tuple().addUUID(id).addLong(seq).addInteger(limit.rows())
                .addString(edits ? Long.toString(base.xmax()) : null).addArrayOfString(edits ? base.runningTexts() : new String[0])
                .addInteger(MAX_EDITS + 1).addLong(limit.bytes()).addLong(MAX_EDIT_BYTES);
        return reader.ask(pool -> pool.preparedQuery(PAGE).execute(question)).map(rows -> page(rows.iterator().next(), epoch));
    }

    private Page page(Row row, long epoch) {
        Snapshot seen = Snapshot.parse(row.getString(0));
        long lastSeq = row.getLong(4);
        check(row, seen, lastSeq);

        List<byte[]> texts = new ArrayList<>();
        Long[] seqs = row.getArrayOfLongs(5);
        if (seqs != null) {
            String[] messages = row.getArrayOfStrings(6);
            for (String message : messages) {
                texts.add(FrameJson.message("message", message, position));
            }
            seq = seqs[seqs.length - 1];
        }
        boolean complete = row.getBoolean(11);
        if (!begun && !positionGiven) {
            // what was read shows every edit up to now; only later ones are news
            raw = seen;
            rawEpoch = epoch;
        } else if (complete) {
            edits(row, seen, texts);
            raw = seen;
            rawEpoch = epoch;
        }
        begun = true;
        return new Page(texts, complete, seen, lastSeq, this);
    }

    private void edits(Row row, Snapshot seen, List<byte[]> texts) {
        Long[] ids = row.getArrayOfLongs(7);
        if (ids == null) {
            return;
        }
        if (ids.length > MAX_EDITS || row.getLong(13) >= MAX_EDIT_BYTES) {
            throw new FeedGap(Reason.TOO_FAR_BEHIND);
        }
        Long[] xids = row.getArrayOfLongs(8);
        String[] operations = row.getArrayOfStrings(9);
        String[] records = row.getArrayOfStrings(10);
        String[] tables = row.getArrayOfStrings(12);
        Position before = position;
        long bound = before.base().xmax();
        for (int i = 0; i < ids.length; i++) {
            if (operations[i] == null || before.covers(xids[i], ids[i])) {
                continue;
            }
            Operation operation = Operation.valueOf(operations[i]);
            if (operation == Operation.TRUNCATE) {
                throw new FeedGap(Reason.TRUNCATED);
            }
            bound = Math.max(bound, xids[i] + 1);
            position = position.inside(seen.clamp(bound), ids[i], position.landmark());
            boolean deleted = operation == Operation.DELETE;
            ChatChange change = ChatChange.of(new Change(ids[i], xids[i], "public", tables[i], operation,
                    deleted ? null : records[i], deleted ? records[i] : null, false, null, position));
            if (change.endsConversation()) {
                throw new FeedGap(Reason.TRUNCATED); // and it was made again, for it is there: its numbers have begun again
            }
            texts.add(change.frame());
        }
    }

    private void check(Row row, Snapshot seen, long lastSeq) {
        position.requireHeld(row.getLong(1), seen, Snapshot.parse(row.getString(2)));
        if (!row.getBoolean(3)) {
            throw new ParleyException(ErrorCode.UNKNOWN_CONVERSATION, "there is no conversation " + id);
        }
        if (seq == null) {
            seq = lastSeq;
        } else if (!begun && seq > lastSeq) {
            throw new FeedGap(Reason.BEYOND_LAST_SEQ);
        }
    }
}
