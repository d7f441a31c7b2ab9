package dev.parley.changes;

import java.util.List;

/** Conditions that must all hold. */
final class CompiledFilter implements RowFilter {

    private final List<ColumnTest> tests;
    private final List<ColumnTest> asking;
    private final List<Shape> shapes;
    private final String indexColumn;
    private final String indexValue;

    CompiledFilter(List<ColumnTest> tests) {
        this.tests = tests;
        this.asking = tests.stream().filter(ColumnTest::mayAsk).toList();
        this.shapes = asking.stream().map(ColumnTest::shape).toList();
        ColumnTest index = tests.stream().filter(test -> test.only() != null).findFirst().orElse(null);
        this.indexColumn = index == null ? null : index.shape().column().name();
        this.indexValue = index == null ? null : index.only();
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
    public String indexColumn() {
        return indexColumn;
    }

    @Override
    public String indexValue() {
        return indexValue;
    }

    /** The conditions that memory can't judge, or not for every row. */
    List<ColumnTest> asking() {
        return asking;
    }

    /** Theirs. */
    List<Shape> shapes() {
        return shapes;
    }
}
