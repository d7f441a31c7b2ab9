package dev.parley.changes;

import dev.parley.changes.RowFilter.Verdict;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/** One condition of a filter over a column of a table, its values cast to the column's type. Immutable; any thread. */
final class ColumnTest {

    private final Shape shape;
    private final int position;
    private final List<Comparand> comparands;
    private final Comparison comparison;
    /** What {@code in} looks for: texts where equality is theirs, else values; null when memory can't compare them. */
    private final Set<Object> wanted;
    private final boolean nullWanted;
    /** What all others compare with; null likewise. */
    private final Comparable<Object> value;

    /**
     * @param position   of the column in its table
     * @param comparands a null among those of {@code in} is an SQL null
     */
    ColumnTest(Column column, int position, Condition condition, List<Comparand> comparands, Comparison comparison) {
        this.shape = new Shape(column, condition.operator(), condition.negated());
        this.position = position;
        this.comparands = comparands;
        this.comparison = comparison;
        this.nullWanted = comparands.stream().anyMatch(Objects::isNull);
        this.wanted = shape.operator() == Operator.IN ? wanted(comparands, comparison) : null;
        this.value = isValued(shape.operator(), comparison) ? value(comparison, comparands.get(0).text()) : null;
    }

    private static boolean isValued(Operator operator, Comparison comparison) {
        return switch (operator) {
            case EQ, NEQ, ISDISTINCT -> true;
            case LT, LTE, GT, GTE -> comparison.isOrdered();
            default -> false;
        };
    }

    private static Set<Object> wanted(List<Comparand> comparands, Comparison comparison) {
        Set<Object> wanted = new HashSet<>();
        for (Comparand comparand : comparands) {
            if (comparand != null) {
                wanted.add(comparison.isByText() ? comparand.text() : comparison.value(comparand.text()));
            }
        }
        return wanted.contains(null) ? null : wanted;
    }

    @SuppressWarnings("unchecked") // values of one comparison are of one class
    private static Comparable<Object> value(Comparison comparison, String text) {
        return (Comparable<Object>) comparison.value(text);
    }

    Shape shape() {
        return shape;
    }

    /** Whether the condition holds for the row; asks when memory can't say. It does not hold for a row without the column. */
    Verdict test(Row row) {
        int field = row.find(shape.column().name(), position);
        if (field < 0) {
            return Verdict.NO_MATCH;
        }
        Row.Kind kind = row.kind(field);
        if (shape.operator() == Operator.IS) {
            // a composite value is null when all its fields are
            return kind == Row.Kind.OBJECT && mayAsk() ? Verdict.ASK : verdict(is(row, field, kind == Row.Kind.NULL));
        }
        if (kind == Row.Kind.NULL) {
            return testNull();
        }
        return shape.operator() == Operator.IN ? in(row, field) : compare(row, field);
    }

    /** Whether there are rows of the table, as it was when the filter was compiled, for which {@link #test} asks. */
    boolean mayAsk() {
        return switch (shape.operator()) {
            case IS -> comparison == Comparison.NONE && !Comparison.isJson(shape.column());
            case IN -> wanted == null || !comparison.isByText() && !comparison.isTotal();
            case EQ, NEQ, ISDISTINCT -> !comparison.isByText() && !comparison.isTotal();
            default -> value == null || !comparison.isTotal();
        };
    }

    /** The texts, in {@link Row#text}'s form and each once, one of which the column must have; none when that is not how it is compared. */
    List<String> only() {
        boolean few = switch (shape.operator()) {
            case EQ, IN -> !shape.negated();
            case ISDISTINCT -> shape.negated();
            default -> false;
        };
        // nothing equals a null in a list
        return few && comparison.isByText() ? comparands.stream().filter(Objects::nonNull).map(Comparand::text).distinct().toList() : List.of();
    }

    /** For {@link Shape#sql}: the string to compare with, or a list of strings and nulls. */
    Object argument() {
        if (shape.operator() != Operator.IN) {
            return comparands.get(0).literal();
        }
        List<String> literals = new ArrayList<>(comparands.size());
        comparands.forEach(each -> literals.add(each == null ? null : each.literal()));
        return literals;
    }

    private boolean is(Row row, int field, boolean isNull) {
        String keyword = comparands.get(0).text();
        return keyword.equals("null") || keyword.equals("unknown") ? isNull : !isNull && row.is(field, keyword);
    }

    /** Null is neither equal nor unequal to anything, but it is distinct, and it is not in a list of nothing. */
    private Verdict testNull() {
        return switch (shape.operator()) {
            case ISDISTINCT -> verdict(true);
            case IN -> comparands.isEmpty() ? verdict(false) : Verdict.NO_MATCH;
            default -> Verdict.NO_MATCH;
        };
    }

    private Verdict in(Row row, int field) {
        if (wanted == null) {
            return Verdict.ASK;
        }
        Object found = comparison.isByText() || wanted.isEmpty() ? row.text(field) : found(row, field);
        if (found == null) {
            return Verdict.ASK;
        }
        boolean in = wanted.contains(found);
        return nullWanted && !in ? Verdict.NO_MATCH : verdict(in);
    }

    private Verdict compare(Row row, int field) {
        if (comparison.isByText() && isEquality()) {
            return verdict(row.is(field, comparands.get(0).text()) == (shape.operator() == Operator.EQ));
        }
        if (value == null) {
            return Verdict.ASK;
        }
        Object found = found(row, field);
        if (found == null) {
            return Verdict.ASK;
        }
        int order = value.compareTo(found);
        return verdict(switch (shape.operator()) {
            case EQ -> order == 0;
            case NEQ, ISDISTINCT -> order != 0;
            case LT -> order > 0;
            case LTE -> order >= 0;
            case GT -> order < 0;
            case GTE -> order <= 0;
            default -> throw new IllegalStateException(shape.operator() + " is not compared in memory");
        });
    }

    /** Null also for what is no value of the type: the column has been given another since. */
    private Comparable<?> found(Row row, int field) {
        try {
            return comparison.value(row.text(field));
        } catch (NumberFormatException e) {
            return null;
        }
    }

    private boolean isEquality() {
        return !shape.operator().isOrder() && !shape.operator().isPattern();
    }

    private Verdict verdict(boolean holds) {
        return holds == shape.negated() ? Verdict.NO_MATCH : Verdict.MATCH;
    }
}
