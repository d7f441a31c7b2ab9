package dev.parley.changes;

import dev.parley.changes.Question.Case;
import dev.parley.changes.RowFilter.Verdict;
import dev.parley.changes.SlowFilters.Standing;
import dev.parley.database.Connections;
import io.vertx.core.Future;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Has PostgreSQL decide what only PostgreSQL can: the rows of a page against the filters of a table, one statement for all filters of one shape (the same
 * columns and operators, other values) as long as both are few and small. Somebody's filter may be made to be slow: it costs the others one statement's second.
 */
@ApplicationScoped
public class Judge {

    private static final int SESSIONS = 2;
    /** What may be too slow waits for its like, and nobody else for it. */
    private static final int SESSIONS_FOR_SUSPECTS = 1;
    /** Nobody waits for the tail's page any longer. */
    private static final long MOST_AT_ONCE_MS = 2_000;
    /** What a replay's page may cost beyond what it is expected to. */
    private static final long MOST_MS = 4_000;

    private final FilterPool together;
    private final FilterPool apart;
    private final SlowFilters slow = new SlowFilters(System::nanoTime);

    Judge(Connections connections, Catalog catalog) {
        this.together = new FilterPool(connections, "parley-judge", SESSIONS, catalog::ownTypesAge);
        this.apart = new FilterPool(connections, "parley-judge-apart", SESSIONS_FOR_SUSPECTS, catalog::ownTypesAge);
    }

    @PreDestroy
    void close() {
        together.close();
        apart.close();
    }

    /**
     * For somebody who can wait, for the sake of his filters.
     *
     * @param filters that answered {@link RowFilter.Verdict#ASK}
     * @param rows    of that table, at least one of which it was answered for
     * @return for each filter the rows that match, on any thread; a filter that the table's shape no longer goes with, or that takes the database too long,
     *         or took it too long within the last minute, is refused and the others are judged, as far as the server gets with them in a few seconds. Fails when
     *         the database can't be asked (try again)
     */
    public Future<List<Judgement>> judge(List<RowFilter> filters, List<Row> rows) {
        return judge(filters, rows, MOST_MS, true);
    }

    /** The same for many who can't wait: filters that may be too slow are refused, whoever wants them has them judged by himself. */
    public Future<List<Judgement>> judgeAtOnce(List<RowFilter> filters, List<Row> rows) {
        return judge(filters, rows, MOST_AT_ONCE_MS, false);
    }

    private Future<List<Judgement>> judge(List<RowFilter> filters, List<Row> rows, long mostMillis, boolean patient) {
        List<Judgement> judgements = new ArrayList<>(filters.size());
        Inquiry inquiry = new Inquiry(together, apart, slow, judgements, mostMillis, patient);
        Map<List<Shape>, List<Case>> shapes = new LinkedHashMap<>();
        for (int i = 0; i < filters.size(); i++) {
            BitSet matching = new BitSet();
            BitSet asked = new BitSet();
            for (int row = 0; row < rows.size(); row++) {
                Verdict verdict = filters.get(i).test(rows.get(row));
                matching.set(row, verdict == Verdict.MATCH);
                asked.set(row, verdict == Verdict.ASK);
            }
            if (asked.isEmpty()) {
                judgements.add(new Judgement(matching, null));
                continue;
            }
            CompiledFilter filter = (CompiledFilter) filters.get(i);
            FilterException misfit = asked.stream().mapToObj(row -> filter.misfit(rows.get(row))).filter(Objects::nonNull).findFirst().orElse(null);
            Standing standing = slow.of(filter);
            FilterException refused = misfit == null && standing == Standing.SLOW ? FilterException.tooSlow() : misfit;
            judgements.add(new Judgement(matching, refused));
            Case open = new Case(i, filter, asked);
            if (refused == null && standing == Standing.SUSPECT) {
                Question.of(filter.shapes(), List.of(open), rows).forEach(inquiry::addSuspect);
            } else if (refused == null) {
                shapes.computeIfAbsent(filter.shapes(), shape -> new ArrayList<>()).add(open);
            }
        }
        shapes.forEach((shape, cases) -> Question.of(shape, cases, rows).forEach(inquiry::add));
        return inquiry.answer();
    }
}
