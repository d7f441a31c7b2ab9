package dev.parley.stream;

import dev.parley.changes.FilterException;
import dev.parley.changes.RowFilter;
import dev.parley.changes.RowFilter.Verdict;
import dev.parley.changes.Table;
import dev.parley.conversation.MessageRows;
import dev.parley.feed.Change;
import dev.parley.feed.Change.Operation;
import dev.parley.feed.Delta;
import dev.parley.feed.FeedGap;
import dev.parley.feed.FeedGap.Reason;
import dev.parley.feed.LogCursor;
import dev.parley.feed.LogSelection;
import dev.parley.feed.Position;
import dev.parley.feed.Snapshot;
import dev.parley.stream.Binding.Start;
import io.vertx.core.Future;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Brings a channel's bindings, each from its own point, up to one snapshot: first, for those that resume after a message, the messages since, out of their
 * table; then what the log has for any of them, each change for those bindings only that have not had it.
 */
final class ChangesReplay implements Replay {

    private static final String MESSAGES = """
            select pg_current_snapshot()::text, f.feed_id, f.trimmed::text,
                   greatest((select k.last_seq from parley.conversation_counter k where k.conversation_id = $1),
                            (select max(m.seq) from public.messages m where m.conversation_id = $1), 0), m.seqs, m.rows, m.times, m.complete, m.cuts
            from parley.feed f cross join lateral (
              select array_agg(p.seq order by p.seq) filter (where p.fits) as seqs,
                     array_agg(%1$s order by p.seq) filter (where p.fits) as rows,
                     array_agg(p.created_at order by p.seq) filter (where p.fits) as times,
                     array_agg(%2$s order by p.seq) filter (where p.fits) as cuts,
                     count(*) < $3 and coalesce(bool_and(p.fits), true) as complete
              from %3$s
            ) m
            """.formatted(MessageRows.TEXT, MessageRows.CUT, MessageRows.after("$4"));

    private static final String ALTERED = "a column that the filter looks at was altered";

    /** How far one binding is. */
    private static final class Progress {
        private final Binding binding;
        /** What the binding has had already; null while its messages are being read. */
        private Position had;
        /** The last message brought, for one that resumes after a message. */
        private long seq = -1;
        private boolean begun;
        /** What the read of its messages saw; good in this epoch. */
        private Snapshot seen;

        private Progress(Binding binding) {
            this.binding = binding;
        }

        private Progress(Progress other) {
            this.binding = other.binding;
            this.had = other.had;
            this.seq = other.seq;
            this.begun = other.begun;
            this.seen = other.seen;
        }

        private boolean has(Change change) {
            // of edits the messages show only what those hold that came; one may come again here
            boolean read = seen != null && change.operation() == Operation.INSERT && seen.sees(change.xid());
            return read || had.covers(change.xid(), change.id());
        }

        /** The log has brought this: should the messages have to be read once more, they begin behind it. */
        private void brought(Change change) {
            if (seq >= 0 && change.operation() == Operation.INSERT) {
                ChatChange message = ChatChange.of(change);
                if (message != null && message.seq() > seq && message.conversationId().equals(((Start.AfterMessage) binding.start()).conversation())) {
                    seq = message.seq();
                }
            }
        }
    }

    private final TableReader reader;
    private final ChangeEncoder encoder;
    private final List<Progress> all = new ArrayList<>();
    private final Position now;
    private LogCursor cursor;
    private long lastEpoch;

    /**
     * To be made before the subscription is entered anywhere: what commits from then on comes by the replay or by the tail.
     *
     * @param from for all bindings, whatever they say; null to go by what each says
     */
    ChangesReplay(TableReader reader, ChangeEncoder encoder, List<Binding> bindings, Position from) {
        this.reader = reader;
        this.encoder = encoder;
        this.now = from != null ? from : reader.replays().known(null);
        for (Binding binding : bindings) {
            Progress progress = new Progress(binding);
            progress.had = now;
            if (from == null && binding.start() instanceof Start.AfterPosition after) {
                progress.had = after.position();
            } else if (from == null && binding.start() instanceof Start.AfterMessage after) {
                progress.seq = after.seq();
            }
            all.add(progress);
        }
    }

    private ChangesReplay(ChangesReplay other) {
        this.reader = other.reader;
        this.encoder = other.encoder;
        this.now = other.now;
        this.cursor = other.cursor == null ? null : new LogCursor(other.cursor);
        this.lastEpoch = other.lastEpoch;
        other.all.forEach(progress -> all.add(new Progress(progress)));
    }

    @Override
    public Future<Page> read(long epoch) {
        return new ChangesReplay(this).advance(epoch);
    }

    private Future<Page> advance(long epoch) {
        if (all.stream().anyMatch(this::isOutdated)) {
            // said before the log is asked: where the column is gone, no row has the value that the log would be searched for
            return Future.failedFuture(new FilterException(false, ALTERED));
        }
        if (lastEpoch != epoch) {
            lastEpoch = epoch;
            // ids that were not flushed may have come again: their messages are read once more, from where they got to
            all.forEach(progress -> progress.seen = null);
        }
        for (Progress progress : all) {
            if (progress.seq >= 0 && progress.seen == null) {
                return messages(progress, ((Start.AfterMessage) progress.binding.start()), epoch);
            }
        }
        if (cursor == null) {
            cursor = new LogCursor(base(), selection());
        }
        // the last page of a long delta shows what its first page saw; what committed since is for one more read to bring
        boolean old = cursor.isInsideDelta();
        return reader.replays().read(cursor, epoch).compose(delta -> page(delta, delta.complete() && !old));
    }

    private boolean isOutdated(Progress progress) {
        return progress.binding.targets().stream().anyMatch(target -> {
            Table shape = reader.catalog().table(target.schema(), target.table());
            return shape != null && !target.filter().fits(shape);
        });
    }

    /** Where the log has to be read from, so that no binding misses anything. */
    private Position base() {
        Snapshot common = now.base();
        for (Progress progress : all) {
            reader.replays().known(progress.had);
            common = common.intersection(progress.had.base());
        }
        boolean same = all.stream().allMatch(progress -> progress.had.equals(all.get(0).had));
        return same ? all.get(0).had : new Position(now.feedId(), now.timeline(), common, now.landmark());
    }

    /** Null when a binding wants more than named tables. */
    private LogSelection selection() {
        Set<LogSelection.Table> tables = new LinkedHashSet<>();
        for (Progress progress : all) {
            for (Binding.Target target : progress.binding.targets()) {
                if (target.schema().equals(Binding.ANY) || target.table().equals(Binding.ANY)) {
                    return null;
                }
                tables.add(new LogSelection.Table(target.schema(), target.table()));
            }
        }
        RowFilter only = all.size() == 1 && tables.size() == 1 ? all.get(0).binding.targets().get(0).filter() : RowFilter.ALL;
        return new LogSelection(List.copyOf(tables), only.indexValue() == null ? null : only.indexColumn(), only.indexValue());
    }

    private Future<Page> messages(Progress progress, Start.AfterMessage after, long epoch) {
        Tuple question = Tuple.tuple().addUUID(after.conversation()).addLong(progress.seq).addInteger(reader.replays().limit().rows()).addLong(reader.replays().limit().bytes());
        return reader.replays().ask(pool -> pool.preparedQuery(MESSAGES).execute(question)).compose(rows -> {
            Row row = rows.iterator().next();
            Snapshot seen = Snapshot.parse(row.getString(0));
            now.requireHeld(row.getLong(1), seen, Snapshot.parse(row.getString(2)));
            if (progress.seq > row.getLong(3)) {
                // once begun: the conversation was deleted and made again, and so its numbers
                throw new FeedGap(progress.begun ? Reason.TRUNCATED : Reason.BEYOND_LAST_SEQ);
            }
            Long[] seqs = row.getArrayOfLongs(4);
            int count = seqs == null ? 0 : seqs.length;
            String[] records = row.getArrayOfStrings(5);
            OffsetDateTime[] times = row.getArrayOfOffsetDateTimes(6);
            Boolean[] cuts = row.getArrayOfBooleans(8);
            List<TableChange> changes = new ArrayList<>(count);
            for (int i = 0; i < count; i++) {
                changes.add(TableChange.message(new Change(0, 0, "public", "messages", Operation.INSERT, records[i], null, cuts[i], times[i], now), seqs[i]));
            }
            boolean complete = row.getBoolean(7);
            return texts(changes, List.of(progress), false).map(texts -> {
                progress.begun = true;
                if (count > 0) {
                    progress.seq = seqs[count - 1];
                }
                progress.seen = complete ? seen : null;
                return new Page(texts, false, seen, -1, this);
            });
        });
    }

    private Future<Page> page(Delta delta, boolean complete) {
        List<TableChange> changes = new ArrayList<>();
        for (Change change : delta.changes()) {
            if (change.operation() != Operation.TRUNCATE && all.stream().anyMatch(progress -> concerns(progress, change))) {
                changes.add(new TableChange(change));
            }
        }
        return texts(changes, all, true).map(texts -> {
            all.forEach(progress -> delta.changes().forEach(progress::brought));
            return new Page(texts, complete, delta.upto(), -1, this);
        });
    }

    private static boolean concerns(Progress progress, Change change) {
        return progress.binding.event().includes(change.operation()) && progress.binding.filterFor(change.schema(), change.table()) != null
                && !progress.has(change);
    }

    private Future<List<byte[]>> texts(List<TableChange> changes, List<Progress> among, boolean check) {
        return Shapes.give(reader.catalog(), changes).compose(shaped -> {
            Verdicts verdicts = new Verdicts();
            for (TableChange change : changes) {
                for (Progress progress : among) {
                    RowFilter filter = check && !concerns(progress, change.change()) ? null
                            : progress.binding.filterFor(change.change().schema(), change.change().table());
                    if (filter != null && change.table() != null && !filter.fits(change.table())) {
                        throw new FilterException(false, ALTERED);
                    }
                    if (filter != null && filter.test(change.tested()) == Verdict.ASK) {
                        verdicts.question(filter, change);
                    }
                }
            }
            return (verdicts.isEmpty() ? Future.<Void>succeededFuture() : verdicts.ask(reader.judge()::judge)).map(asked -> {
                if (verdicts.areLacking()) {
                    throw new FeedGap(Reason.NOT_JUDGED); // of a row: the filter goes with the table. Whoever joined anew would meet it again, and be ended by it again
                }
                return encode(changes, among, check, verdicts);
            });
        });
    }

    private List<byte[]> encode(List<TableChange> changes, List<Progress> among, boolean check, Verdicts verdicts) {
        List<byte[]> texts = new ArrayList<>(changes.size());
        for (TableChange change : changes) {
            List<Binding> matched = new ArrayList<>(1);
            for (Progress progress : among) {
                boolean wanted = check ? concerns(progress, change.change()) : progress.binding.event().includes(Operation.INSERT);
                RowFilter filter = wanted ? progress.binding.filterFor(change.change().schema(), change.change().table()) : null;
                if (filter != null && verdicts.verdict(filter, change) == Verdict.MATCH) {
                    matched.add(progress.binding);
                }
            }
            if (!matched.isEmpty()) {
                ChangePart.encode(encoder, new ChangePart.Hit(0, change, matched), change.change().after(), true, texts);
            }
        }
        return texts;
    }
}
