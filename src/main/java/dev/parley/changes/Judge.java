package dev.parley.changes;

import dev.parley.changes.Question.Case;
import dev.parley.changes.RowFilter.Verdict;
import dev.parley.database.Connections;
import dev.parley.database.StatementTimeout;
import io.vertx.core.Future;
import io.vertx.pgclient.PgException;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Has PostgreSQL decide what only PostgreSQL can: the rows of a page against the filters of a table, one statement for all filters of one shape (the same
 * columns and operators, other values) as long as both are few and small.
 */
@ApplicationScoped
public class Judge {

    private static final int SESSIONS = 2;

    private final FilterPool database;

    Judge(Connections connections, Catalog catalog) {
        this.database = new FilterPool(connections, "parley-judge", SESSIONS, catalog::ownTypesAge);
    }

    @PreDestroy
    void close() {
        database.close();
    }

    /**
     * @param filters that answered {@link RowFilter.Verdict#ASK}
     * @param rows    of that table, at least one of which it was answered for
     * @return for each filter the rows that match, on any thread; a filter that the table's shape no longer goes with, or that takes the database too long,
     *         is refused and the others are judged. Fails when the database can't be asked (try again)
     */
    public Future<List<Judgement>> judge(List<RowFilter> filters, List<Row> rows) {
        List<Judgement> judgements = new ArrayList<>(filters.size());
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
            judgements.add(new Judgement(matching, misfit));
            if (misfit == null) {
                shapes.computeIfAbsent(filter.shapes(), shape -> new ArrayList<>()).add(new Case(i, filter, asked));
            }
        }
        Deque<Question> questions = new ArrayDeque<>();
        shapes.forEach((shape, cases) -> Question.of(shape, cases, rows).forEach(questions::add));
        return answer(questions, judgements);
    }

    /** One after the other: delivery waits for all of them anyway, and the pages of other tables have a session too. */
    private Future<List<Judgement>> answer(Deque<Question> questions, List<Judgement> judgements) {
        Question next;
        do {
            if (questions.isEmpty()) {
                return Future.succeededFuture(judgements);
            }
            next = questions.poll().open(judgements);
        } while (next.cases().isEmpty());
        Question question = next;
        return database.ask(question.sql(), question.parameters())
                .<Object>map(pairs -> {
                    pairs.forEach(pair -> question.match(pair.getInteger(0), pair.getInteger(1), judgements));
                    return null;
                })
                .recover(failure -> blame(question, failure, questions, judgements))
                .compose(done -> answer(questions, judgements));
    }

    /** Finds out by halving which filter, and for one that takes too long which row, was too much. */
    private static Future<Object> blame(Question question, Throwable failure, Deque<Question> questions, List<Judgement> judgements) {
        boolean canceled = StatementTimeout.ended(failure);
        PgException said = canceled ? (PgException) failure : FilterPool.objection(failure);
        if (said == null) {
            return Future.failedFuture(failure);
        }
        List<Question> parts = question.parts(canceled);
        if (parts.isEmpty()) {
            question.refuse(FilterException.database(said.getSqlState(), said.getErrorMessage()), judgements);
        } else {
            parts.forEach(questions::addFirst);
        }
        return Future.succeededFuture();
    }
}
