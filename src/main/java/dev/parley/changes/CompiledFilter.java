package dev.parley.changes;

import java.util.Comparator;
import java.util.List;

/** Conditions that must all hold. */
final class CompiledFilter implements RowFilter {

    private final List<ColumnTest> tests;
    private final List<ColumnTest> asking;
    private final List<Shape> shapes;
    private final String indexColumn;
    private final List<String> indexValues;

    CompiledFilter(List<ColumnTest> tests) {
        this.tests = tests;
        this.asking = tests.stream().filter(ColumnTest::mayAsk).toList();
        this.shapes = asking.stream().map(ColumnTest::shape).toList();
        ColumnTest index = tests.stream().filter(test -> !test.only().isEmpty()).min(Comparator.comparing(test -> test.only().size())).orElse(null);
        this.indexColumn = index == null ? null : index.shape().column().name();
        this.indexValues = index == null ? List.of() : index.only();
    }

    @Override
    public Verdict test(Row row) {
        Verdict verdict = Verdict.MATCH;
        for (ColumnTest test : tests) {
            switch (test.test(row)) {
                case NO_MATCH -> {
                    return Verdict.NO_MATCH;
                }
                case ASK -> verdict = Verdict.ASK;
                default -> { }
            }
        }
        return verdict;
    }

    @Override
    public boolean fits(Table table) {
        for (ColumnTest test : tests) {
            Column column = test.shape().column();
            if (!column.equals(table.column(column.name()))) {
                return false;
            }
        }
        return true;
    }

    @Override
    public boolean mayAsk() {
        return !asking.isEmpty();
    }

    @Override
    public String indexColumn() {
        return indexColumn;
    }

    @Override
    public List<String> indexValues() {
        return indexValues;
    }

    /** The conditions that memory can't judge, or not for every row. */
    List<ColumnTest> asking() {
        return asking;
    }

    /** Why nobody can judge a row that it asks for: a column has another type than the one that the filter was compiled for. Null when it can be judged. */
    FilterException misfit(Row row) {
        for (ColumnTest test : tests) {
            if (!test.mayAsk() && test.test(row) == Verdict.ASK) {
                Column column = test.shape().column();
                return FilterException.raised("column " + column.name() + " is not of type " + column.type() + " any more");
            }
        }
        return null;
    }

    /** Theirs. */
    List<Shape> shapes() {
        return shapes;
    }
}
