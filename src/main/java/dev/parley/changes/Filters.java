package dev.parley.changes;

import dev.parley.database.Connections;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.pgclient.PgException;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;

/** Turns the text of a subscription's filter into one that can be applied. */
@ApplicationScoped
public class Filters {

    private static final int SESSIONS = 2;
    /** Tenths of a second's work. Whoever comes after these learns so at once, instead of waiting behind somebody who compiles for nothing but the work. */
    private static final int MAX_WAITING = 200;
    private static final int CACHED_CHARACTERS = 4_000_000;
    private static final Set<String> KEYWORDS = Set.of("null", "true", "false", "unknown");
    private static final String UNDEFINED_FUNCTION = "42883";
    private static final String INVALID_REGEX = "2201B";

    private final FilterPool database;
    private final AtomicInteger waiting = new AtomicInteger();
    private final FilterCache compiled = new FilterCache(CACHED_CHARACTERS);

    Filters(Connections connections, Catalog catalog) {
        this.database = new FilterPool(connections, "parley-filter", SESSIONS, catalog::ownTypesAge);
    }

    @PreDestroy
    void close() {
        database.close();
    }

    /**
     * @param text the {@code filter} of a subscription, null or blank for none
     * @return the filter, at once when nothing has to be asked of the database; fails with {@link FilterException}, or otherwise when the database can't be
     *         asked or too many wait for it (try again)
     */
    public Future<RowFilter> compile(Table table, String text) {
        return text == null || text.isBlank() ? Future.succeededFuture(RowFilter.ALL)
                : text.length() > FilterGrammar.MAX_LENGTH ? compileNow(table, text)
                : compiled.get(table, text, () -> compileNow(table, text));
    }

    private Future<RowFilter> compileNow(Table table, String text) {
        try {
            return compile(table, FilterGrammar.parse(text).iterator(), new ArrayList<>());
        } catch (FilterException refused) {
            return Future.failedFuture(refused);
        }
    }

    /** One condition after the other, so that a complaint is the first one's. */
    private Future<RowFilter> compile(Table table, Iterator<Condition> conditions, List<ColumnTest> tests) {
        while (conditions.hasNext()) {
            Condition condition = conditions.next();
            int position = position(table, condition.column());
            Column column = table.columns().get(position);
            List<Comparand> usual = usual(column, condition);
            if (usual == null) {
                return ask(column, condition)
                        .map(answer -> tests.add(new ColumnTest(column, position, condition, comparands(answer), comparison(column, answer))))
                        .compose(added -> compile(table, conditions, tests));
            }
            tests.add(new ColumnTest(column, position, condition, usual, Comparison.of(column)));
        }
        return Future.succeededFuture(new CompiledFilter(List.copyOf(tests)));
    }

    private static int position(Table table, String name) {
        List<Column> columns = table.columns();
        for (int i = 0; i < columns.size(); i++) {
            if (columns.get(i).name().equals(name)) {
                return i;
            }
        }
        throw FilterException.raised("invalid column for filter " + name);
    }

    /** The values without a question to the database; null when one is needed. */
    private static List<Comparand> usual(Column column, Condition condition) {
        Operator operator = condition.operator();
        if (operator == Operator.IS) {
            return List.of(keyword(column, condition.values().get(0)));
        }
        if (operator.isPattern()) {
            String pattern = condition.values().get(0);
            if (!operator.isRegex() && endsInEscape(pattern)) {
                throw FilterException.database("22025", "LIKE pattern must not end with escape character");
            }
            return !operator.isRegex() && Comparison.isText(column) && column.deterministic() ? List.of(new Comparand(pattern, pattern)) : null;
        }
        if (operator == Operator.IN && condition.values().isEmpty() && Comparison.of(column) != Comparison.NONE) {
            return List.of();
        }
        List<Comparand> comparands = new ArrayList<>(condition.values().size());
        for (String value : condition.values()) {
            String text = value == null ? null : Comparison.usual(column, value);
            if (value != null && text == null) {
                return null;
            }
            comparands.add(value == null ? null : new Comparand(text, text));
        }
        // nulls alone tell nothing of the type's operators
        return Comparison.of(column) == Comparison.NONE && !Comparison.isText(column) ? null : comparands;
    }

    private static Comparand keyword(Column column, String value) {
        if (!KEYWORDS.contains(value)) {
            throw FilterException.raised("invalid value for is filter: must be null, true, false, or unknown");
        }
        if (!value.equals("null") && !Comparison.isBoolean(column)) {
            throw FilterException.raised("is " + value + " filter requires a boolean column, got " + column.type());
        }
        return new Comparand(value, value);
    }

    private static boolean endsInEscape(String pattern) {
        int escapes = 0;
        while (escapes < pattern.length() && pattern.charAt(pattern.length() - 1 - escapes) == '\\') {
            escapes++;
        }
        return escapes % 2 == 1;
    }

    private Future<Row> ask(Column column, Condition condition) {
        if (waiting.incrementAndGet() > MAX_WAITING) {
            waiting.decrementAndGet();
            return Future.failedFuture("too many filters wait for the database to look at them");
        }
        JsonArray values = new JsonArray(condition.values());
        return database.ask(question(column, condition.operator()), Tuple.of(values.encode())).onComplete(done -> waiting.decrementAndGet())
                .map(rows -> rows.iterator().next())
                .recover(failure -> {
                    PgException said = FilterPool.objection(failure);
                    return Future.failedFuture(said == null ? failure : refusal(column, condition.operator(), said));
                });
    }

    /** Casts the values and tries the operator on them, so that what it has to say against the type it says now. */
    private static String question(Column column, Operator operator) {
        boolean pattern = operator.isPattern();
        String cast = column.cast();
        String trial = pattern ? trial(column, operator) : (operator == Operator.IN ? Operator.EQ : operator).sql("x.v", "x.v::text", cast);
        return """
                select pg_catalog.array_agg(x.v::text order by x.n), pg_catalog.array_agg(pg_catalog.to_json(x.v) #>> '{}' order by x.n),
                  (select t.typtype = 'e' from pg_catalog.pg_type t where t.oid = '%s'::regtype::oid), pg_catalog.count(case when %s then 1 end)
                from (select e.v%s as v, e.n from json_array_elements_text($1::text::json) with ordinality e(v, n)) x
                """.formatted(cast.replace("'", "''"), trial, pattern ? "" : "::" + cast);
    }

    /** Only the parser looks at the first part, since no value of the type is at hand; the second has the pattern, and the collation, looked at. */
    private static String trial(Column column, Operator operator) {
        String typed = "case when false then " + operator.sql("(null::" + column.cast() + ")", "x.v", column.cast()) + " end";
        if (column.collation() != null) {
            return typed + " or " + operator.sql("(''::text collate " + column.collation() + ")", "x.v", "");
        }
        if (operator.takesBytes(column.cast())) {
            return typed + " or " + operator.sql("''::" + column.cast(), "x.v", column.cast());
        }
        return operator.isRegex() ? typed + " or " + operator.sql("''::text", "x.v", "") : typed;
    }

    private static List<Comparand> comparands(Row answer) {
        String[] literals = answer.getArrayOfStrings(0);
        String[] texts = answer.getArrayOfStrings(1);
        List<Comparand> comparands = new ArrayList<>();
        for (int i = 0; literals != null && i < literals.length; i++) {
            comparands.add(literals[i] == null ? null : new Comparand(literals[i], texts[i]));
        }
        return comparands;
    }

    private static Comparison comparison(Column column, Row answer) {
        return answer.getBoolean(2) ? Comparison.SAME_TEXT : Comparison.of(column);
    }

    private static FilterException refusal(Column column, Operator operator, PgException said) {
        return switch (said.getSqlState()) {
            case UNDEFINED_FUNCTION -> FilterException.raised("operator " + operator.word() + " is not supported on column " + column.name()
                    + " of type " + column.type() + ": " + said.getErrorMessage().replace(Operator.SYSTEM, ""));
            case INVALID_REGEX -> FilterException.raised("invalid regular expression for " + operator.word() + " filter: " + said.getErrorMessage());
            default -> FilterException.database(said.getSqlState(), said.getErrorMessage());
        };
    }
}
