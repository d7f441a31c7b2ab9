package dev.parley.stream;

import dev.parley.changes.Judge;
import dev.parley.changes.Judgement;
import dev.parley.changes.Row;
import dev.parley.changes.RowFilter;
import dev.parley.changes.RowFilter.Verdict;
import dev.parley.changes.Table;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;

/** What PostgreSQL says of rows that filters could not decide by themselves: first collected, then asked all at once. */
final class Verdicts {

    static final Verdicts NONE = new Verdicts();

    private static final class Questions {
        private final Map<TableChange, Integer> rows = new IdentityHashMap<>();
        private final List<Row> order = new ArrayList<>();
        private final Map<RowFilter, Integer> filters = new IdentityHashMap<>();
        private final List<RowFilter> filterOrder = new ArrayList<>();
        private volatile List<Judgement> answers;
    }

    private final Map<Table, Questions> tables = new LinkedHashMap<>();

    boolean isEmpty() {
        return tables.isEmpty();
    }

    /** Remembers to ask. */
    void question(RowFilter filter, TableChange change) {
        Questions questions = tables.computeIfAbsent(change.table(), table -> new Questions());
        if (questions.rows.putIfAbsent(change, questions.order.size()) == null) {
            questions.order.add(change.tested());
        }
        if (questions.filters.putIfAbsent(filter, questions.filterOrder.size()) == null) {
            questions.filterOrder.add(filter);
        }
    }

    /**
     * Asks. The future fails when one of the tables could not be judged; the others' answers hold nevertheless.
     *
     * @param judge {@link Judge#judge} or {@link Judge#judgeAtOnce}
     */
    Future<Void> ask(BiFunction<List<RowFilter>, List<Row>, Future<List<Judgement>>> judge) {
        List<Future<?>> asked = new ArrayList<>();
        tables.forEach((table, questions) -> asked.add(judge.apply(questions.filterOrder, questions.order)
                .onSuccess(answers -> questions.answers = answers)));
        return Future.join(asked).mapEmpty();
    }

    /**
     * Whether the row matches.
     *
     * @return {@link Verdict#ASK} when there is no answer
     */
    Verdict verdict(RowFilter filter, TableChange change) {
        Verdict own = filter.test(change.tested());
        if (own != Verdict.ASK) {
            return own;
        }
        Questions questions = tables.get(change.table());
        Integer row = questions == null ? null : questions.rows.get(change);
        Integer column = row == null ? null : questions.filters.get(filter);
        if (column == null || questions.answers == null) {
            return Verdict.ASK;
        }
        Judgement answer = questions.answers.get(column);
        return answer.refused() != null ? Verdict.ASK : answer.rows().get(row) ? Verdict.MATCH : Verdict.NO_MATCH;
    }

    /** Whether of some row it could not be said whether a filter holds for it. */
    boolean areLacking() {
        return tables.values().stream().anyMatch(questions -> questions.answers != null && questions.answers.stream().anyMatch(answer -> answer.refused() != null));
    }
}
