package dev.parley.changes;

import io.vertx.core.json.JsonArray;
import io.vertx.sqlclient.Tuple;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Filters of one shape and rows that one statement compares, each with each.
 *
 * @param shape   the conditions that all the filters have, but for the values
 * @param again   whether it is part of one about the same filter alone that took too long
 */
record Question(List<Shape> shape, List<Case> cases, List<Cut> rows, boolean again) {

    /**
     * A filter.
     *
     * @param number among the judgements
     * @param asked  the rows that it asks for
     */
    record Case(int number, CompiledFilter filter, BitSet asked) {
    }

    /**
     * A row.
     *
     * @param number on its page
     * @param json   the columns of the shape, fit for the database to take apart
     */
    record Cut(int number, String json) {
    }

    private static final int MAX_ROWS = 500;
    private static final int MAX_PAIRS = 100_000;
    /** A session keeps few compiled expressions: at the worst each pair compiles one. */
    private static final int MAX_REGEX_PAIRS = 2_000;
    private static final int MAX_CHARACTERS = 4_000_000;
    /** What all filters of a statement together read. */
    private static final long MAX_CHARACTERS_READ = 32_000_000;

    /** As many as it takes for each to be done well within the statement's second. */
    static List<Question> of(List<Shape> shape, List<Case> cases, List<Row> rows) {
        Set<String> columns = shape.stream().map(each -> each.column().name()).collect(Collectors.toSet());
        BitSet asked = new BitSet();
        cases.forEach(each -> asked.or(each.asked()));
        List<Question> questions = new ArrayList<>();
        List<Cut> some = new ArrayList<>();
        int characters = 0;
        for (int row = asked.nextSetBit(0); row >= 0; row = asked.nextSetBit(row + 1)) {
            Cut cut = new Cut(row, Escapes.readable(rows.get(row).only(columns)));
            if (some.size() == MAX_ROWS || !some.isEmpty() && characters + cut.json().length() > MAX_CHARACTERS) {
                ask(shape, cases, some, characters, questions);
                some = new ArrayList<>();
                characters = 0;
            }
            some.add(cut);
            characters += cut.json().length();
        }
        ask(shape, cases, some, characters, questions);
        return questions;
    }

    private static void ask(List<Shape> shape, List<Case> cases, List<Cut> rows, int characters, List<Question> questions) {
        int pairs = shape.stream().anyMatch(each -> each.operator().isRegex()) ? MAX_REGEX_PAIRS : MAX_PAIRS;
        int most = (int) Math.max(1, Math.min(pairs / rows.size(), MAX_CHARACTERS_READ / characters));
        for (int from = 0; from < cases.size(); from += most) {
            questions.add(new Question(shape, cases.subList(from, Math.min(cases.size(), from + most)), rows, false));
        }
    }

    /** The rows' columns, the filters' values, and the pairs of numbers for which all conditions hold. */
    String sql() {
        List<Column> columns = shape.stream().map(Shape::column).distinct().toList();
        StringBuilder defined = new StringBuilder();
        StringBuilder named = new StringBuilder();
        for (int i = 0; i < columns.size(); i++) {
            Column column = columns.get(i);
            String name = '"' + column.name().replace("\"", "\"\"") + '"';
            defined.append(i == 0 ? "" : ", ").append(name).append(' ').append(column.cast())
                    .append(column.collation() == null ? "" : " collate " + column.collation());
            named.append(", j.").append(name).append(" as c").append(i);
        }
        StringBuilder values = new StringBuilder();
        StringBuilder conditions = new StringBuilder();
        for (int i = 0; i < shape.size(); i++) {
            Shape each = shape.get(i);
            values.append(", ").append(switch (each.operator()) {
                case IN -> "e.t::json -> " + i;
                case IS, LIKE, ILIKE, MATCH, IMATCH -> "e.t::json ->> " + i;
                default -> "(e.t::json ->> " + i + ")::" + each.column().cast();
            }).append(" as v").append(i);
            conditions.append(i == 0 ? "" : " and ").append('(').append(each.sql("r.c" + columns.indexOf(each.column()), "f.v" + i)).append(')');
        }
        return """
                with r as materialized (select e.n%s from pg_catalog.unnest($1::text[]) with ordinality e(t, n), json_to_record(e.t::json) as j(%s)),
                  f as materialized (select e.n%s from pg_catalog.unnest($2::text[]) with ordinality e(t, n))
                select f.n::int4 - 1, r.n::int4 - 1 from f join r on %s
                """.formatted(named, defined, values, conditions);
    }

    Tuple parameters() {
        return Tuple.tuple().addArrayOfString(rows.stream().map(Cut::json).toArray(String[]::new))
                .addArrayOfString(cases.stream().map(Question::values).toArray(String[]::new));
    }

    private static String values(Case each) {
        JsonArray values = new JsonArray();
        each.filter().asking().forEach(test -> values.add(test.argument()));
        return values.encode();
    }

    /** Takes in that a pair, by its numbers in this question, belongs together. */
    void match(int filter, int row, List<Judgement> judgements) {
        Case of = cases.get(filter);
        int number = rows.get(row).number();
        if (of.asked().get(number)) {
            judgements.get(of.number()).rows().set(number);
        }
    }

    /** The question without the filters that are refused already. */
    Question open(List<Judgement> judgements) {
        return new Question(shape, cases.stream().filter(each -> judgements.get(each.number()).refused() == null).toList(), rows, again);
    }

    /** What to ask instead after the server objected to it; nothing when the objection is to its one filter. */
    List<Question> halves() {
        if (cases.size() == 1) {
            return List.of();
        }
        int half = cases.size() / 2;
        return List.of(new Question(shape, cases.subList(0, half), rows, false), new Question(shape, cases.subList(half, cases.size()), rows, false));
    }

    /** The same about some of its filters. */
    Question of(List<Case> some) {
        return new Question(shape, some, rows, again);
    }

    /** Each filter by itself. */
    List<Question> byFilter() {
        return cases.stream().map(each -> new Question(shape, List.of(each), rows, false)).toList();
    }

    /** What to ask instead after it took too long; nothing when that is its one row's doing. */
    List<Question> halvesOfRows() {
        if (rows.size() == 1) {
            return List.of();
        }
        int half = rows.size() / 2;
        return List.of(new Question(shape, cases, rows.subList(0, half), true), new Question(shape, cases, rows.subList(half, rows.size()), true));
    }

    void refuse(FilterException refused, List<Judgement> judgements) {
        for (Case each : cases) {
            judgements.set(each.number(), new Judgement(judgements.get(each.number()).rows(), refused));
        }
    }
}
