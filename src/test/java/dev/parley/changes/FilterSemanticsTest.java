package dev.parley.changes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import dev.parley.changes.RowFilter.Verdict;
import dev.parley.database.TestDatabase;
import dev.parley.testing.Seed;
import dev.parley.testing.Sql;
import dev.parley.testing.TestPostgres;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A filter gives the rows that the same condition on the table itself gives, for columns of every type. */
class FilterSemanticsTest {

    private static final int ROWS = 60;
    private static final int FILTERS = 3_000;
    private static final int TOGETHER = 100;

    /** A column's type and values for it, good and bad, in PostgreSQL's spelling. */
    private static final Map<String, List<String>> TYPES = new LinkedHashMap<>();

    static {
        type("bool", "true", "false", "t", "f", "TRUE", "yes", "off", "1", "maybe");
        type("int2", "0", "1", "-1", "32767", "007", "+7", " 7 ", "32768", "x");
        type("int4", "0", "1", "-1", "2147483647", "-2147483648", "42", "042", "2147483648", "1.5", "");
        type("int8", "0", "1", "9007199254740993", "9007199254740992", "-9223372036854775808", "9223372036854775807", "9223372036854775808");
        type("oid", "0", "1", "4294967295", "-1", "4294967296");
        type("float4", "0", "-0", "1.5", "0.1", "1e10", "3.4028235e38", "NaN", "Infinity", "-Infinity", "1e-45", "1e39");
        type("float8", "0", "-0", "1.5", "0.1", "0.30000000000000004", "1e100", "NaN", "Infinity", "-Infinity", "5e-324", "1e999", "x");
        type("numeric", "0", "-0.00", "1.5", "1.50", "1e3", "1000", "NaN", "123456789012345678901234567890.123456789", "0." + "0".repeat(300) + "1",
                "1" + "0".repeat(1_500), "-7", "x");
        type("numeric(10,2)", "0", "1.5", "1.50", "1.499", "-3.14", "99999999.99", "12345678901");
        type("text", "", "a", "b", "A", "ab", " a", "a ", "ä", "a\u0308", "😀", "a,b", "(x)", "q\"q", "b\\c", "null", "line\nbreak", "100%", "it's");
        type("varchar(4)", "", "a", "b", "abcd", "a   ", "abcde");
        type("char(4)", "", "a", "a ", "ab", "abcd", "ab  ");
        type("name", "", "a", "x".repeat(63), "x".repeat(70));
        type("\"char\"", "a", "b", "ab", "");
        type("text collate \"C\"", "a", "b", "B", "ä", "");
        type("uuid", "00000000-0000-0000-0000-000000000000", "11111111-2222-3333-4444-5555aaaabbbb", "11111111-2222-3333-4444-5555AAAABBBB",
                "{11111111-2222-3333-4444-5555aaaabbbb}", "11111111222233334444 5555aaaabbbb", "ffffffffffffffffffffffffffffffff", "abc");
        type("bytea", "", "\\x", "\\x01", "\\x0102", "\\xff", "abc", "\\134x", "\\xf");
        type("date", "2026-01-01", "2026-1-2", "January 3, 2026", "0044-03-15 BC", "12026-01-01", "infinity", "-infinity", "2026-02-30");
        type("time", "10:00:00", "10:00", "10:00:00.5", "24:00:00", "25:00");
        type("timetz", "10:00:00+00", "11:00:00+01", "10:00:00.5+00");
        type("timestamp", "2026-01-01 10:00:00", "2026-01-01T10:00:00.1", "2026-01-01T10:00:00.12", "0044-03-15 00:00:00 BC", "12026-01-01 00:00:00", "infinity",
                "-infinity", "0001-01-01 00:00:00", "x");
        type("timestamptz", "2026-01-01 10:00:00+00", "2026-01-01T11:00:00+01:00", "2026-01-01T10:00:00.5Z", "2026-01-01T10:00:00.25", "0001-01-01 00:00:00+00 BC",
                "12026-01-01 00:00:00+00", "infinity", "1883-11-18 12:03:58-07:52:58");
        type("timestamptz(0)", "2026-01-01 10:00:00.4+00", "2026-01-01T10:00:00Z");
        type("interval", "1 month", "30 days", "720 hours", "1 mon -1 day", "00:00:00.5", "-1 year", "x");
        type("jsonb", "{\"a\":1}", "{\"a\":1.0}", "[1,2]", "\"s\"", "1", "{\"b\":[\"\\\"\",{}]}", "{");
        type("json", "{\"a\":1}", "[1, 2]", "{");
        type("int4[]", "{}", "{1,2}", "{1,NULL}", "{{1,2},{3,4}}", "{1, 2}", "{x}");
        type("text[]", "{}", "{a,b}", "{\"a,b\",NULL,\"NULL\",\"q\\\"q\"}", "{", "{a, b}");
        type("inet", "10.0.0.1", "10.0.0.1/32", "10.0.0.1/8", "::1", "::ffff:10.0.0.1", "fe80::/10", "10.0.0.256");
        type("cidr", "10.0.0.0/8", "::/0", "10.0.0.1", "10.1.0.0/8");
        type("macaddr", "08:00:2b:01:02:03", "08-00-2b-01-02-03", "x");
        type("int4range", "[1,3)", "[1,2]", "empty", "(,)", "[3,1)");
        type("tstzrange", "[2026-01-01 00:00:00+00,2026-02-01 00:00:00+00)", "[2026-01-01 01:00:00+01,2026-02-01 00:00:00+00)", "empty");
        type("money", "1", "$1.00", "1.5", "-3", "x");
        type("bit(4)", "0101", "1111", "011", "2");
        type("varbit", "", "0101", "01010", "1");
        type("\"My Enum\"", "sad", "ok", "so \"so\"", "happy", "none");
        type("positive", "1", "2", "02", "-1");
        type("filled", "a", "b", "");
        type("pair", "(1,a)", "(1,)", "(,)", "(1,\"a b\")", "(x,a)");
        type("tsvector", "a b", "'a' 'b'", "b a a");
        type("point", "(1,2)", "1,2", "x");
        type("pg_lsn", "0/0", "16/B374D848", "16/b374d848");
        type("xml", "<a/>", "<b>x</b>");
    }

    private static TestPostgres server;
    private static Vertx vertx;
    private static Filters filters;
    private static Judge judge;
    private static boolean icu;

    private final List<String> types = new ArrayList<>(TYPES.keySet());
    private final Map<String, String> typeOf = new LinkedHashMap<>();
    private final List<String> casts = new ArrayList<>();
    private List<Shape> shapes = List.of();
    private Random random;

    private static void type(String type, String... values) {
        TYPES.put(type, List.of(values));
    }

    @BeforeAll
    static void start() {
        server = TestPostgres.start();
        Sql.on(server).run("""
                create type "My Enum" as enum ('sad', 'ok', 'so "so"', 'happy');
                create domain positive as int check (value > 0);
                create domain filled as text not null;
                create type pair as (n int, t text);
                """);
        icu = Sql.on(server).value("select count(*) from pg_collation where collprovider = 'i'", Long.class) > 0;
        if (icu) {
            Sql.on(server).run("create collation \"Any Case\" (provider = icu, locale = 'und-u-ks-level2', deterministic = false)");
            type("text collate \"Any Case\"", "a", "A", "b", "ä", "Ä", "");
            type("char(3) collate \"Any Case\"", "a", "A ", "b");
        }
        vertx = Vertx.vertx();
        filters = new Filters(TestDatabase.connections(vertx, server), new Catalog(null));
        judge = new Judge(TestDatabase.connections(vertx, server), new Catalog(null));
    }

    @AfterAll
    static void stop() {
        filters.close();
        judge.close();
        vertx.close().toCompletionStage().toCompletableFuture().join();
        server.close();
    }

    @Test
    void aFilterGivesWhatTheSameConditionOnTheTableGives() throws Exception {
        random = Seed.stream(Seed.of(FilterSemanticsTest.class), 0);
        try (Connection connection = server.connect(); Statement statement = connection.createStatement()) {
            statement.execute("set timezone = 'UTC'; set bytea_output = hex; set intervalstyle = postgres; set extra_float_digits = 1");
            createTable(statement);
            List<Row> rows = fill(statement);
            Table table = Shapes.of(Sql.on(server), "public", "every type");
            assertEquals(TYPES.size() + 1, table.columns().size());
            Set<String> decidedInMemory = new TreeSet<>();
            int[] figures = new int[3];
            List<Expected> together = new ArrayList<>();
            for (int i = 0; i < FILTERS; i++) {
                Expected expected = expected(statement);
                Object compiled = outcome(filters.compile(table, expected.filter));
                if (compiled instanceof FilterException refused) {
                    figures[2]++;
                    assertNull(expected.rows, () -> expected + " was refused: " + refused.getMessage());
                    continue;
                }
                if (expected.rows == null) {
                    fail(expected + " was not refused");
                }
                expected.compiled = (RowFilter) compiled;
                for (int row = 0; row < rows.size(); row++) {
                    Verdict verdict = expected.compiled.test(rows.get(row));
                    if (verdict == Verdict.ASK) {
                        expected.asked.set(row);
                    } else {
                        assertEquals(expected.rows.get(row) ? Verdict.MATCH : Verdict.NO_MATCH, verdict, () -> expected.toString());
                        decidedInMemory.addAll(expected.columns);
                    }
                    checkIndex(expected, row, rows.get(row));
                }
                figures[expected.asked.isEmpty() ? 0 : 1]++;
                if (!expected.asked.isEmpty() && together.add(expected) && together.size() == TOGETHER) {
                    judge(together, rows);
                    together.clear();
                }
            }
            judge(together, rows);
            System.out.printf("in memory %d, asked %d, refused %d%n", figures[0], figures[1], figures[2]);
            assertTrue(figures[0] > FILTERS / 10 && figures[1] > FILTERS / 10 && figures[2] > FILTERS / 20, "the filters were of all kinds");
        }
    }

    /** What chat filters by must not cost a question, neither when it is compiled nor when it is applied. */
    @Test
    void usualFiltersNeedNoDatabase() {
        Table table = new Table("public", "t", List.of(column("uuid"), column("int4"), column("int8"), column("text"), column("bool"), column("varchar"),
                column("numeric")), List.of(), List.of(), false);
        Row row = Row.parse("""
                {"uuid":"11111111-2222-3333-4444-5555aaaabbbb","int4":5,"int8":9007199254740993,"text":"a","bool":true,"varchar":"b","numeric":1.50}""");
        for (String matching : List.of("uuid=eq.11111111-2222-3333-4444-5555AAAABBBB", "int4=gt.4", "int8=eq.9007199254740993", "text=in.(a,b)", "bool=is.true",
                "bool=eq.t", "varchar=neq.a", "numeric=eq.1.5", "text=not.in.(b)", "int4=isdistinct.4,text=eq.a", "uuid=not.is.null", "numeric=lte.1.5")) {
            Future<RowFilter> filter = filters.compile(table, matching);
            assertTrue(filter.isComplete(), matching);
            assertEquals(Verdict.MATCH, filter.result().test(row), matching);
        }
        RowFilter indexed = filters.compile(table, "int4=gt.4,uuid=eq.11111111-2222-3333-4444-5555AAAABBBB,text=eq.a").result();
        assertEquals("uuid", indexed.indexColumn());
        assertEquals(row.text("uuid"), indexed.indexValue());
        for (String unindexed : List.of("numeric=eq.1.5", "text=not.eq.a", "int4=not.in.(1,2)", "int4=in.(null)", "int4=in.()", "numeric=in.(1,2)", "text=like.a", "int4=gt.4")) {
            assertNull(filters.compile(table, unindexed).result().indexColumn(), unindexed);
        }
        assertEquals("7", filters.compile(table, "int4=in.(007)").result().indexValue());
        RowFilter list = filters.compile(table, "int8=in.(5,6,7),int4=in.(1,null,2,01),text=in.(a,b,c)").result();
        assertEquals("int4", list.indexColumn());
        assertEquals(List.of("1", "2"), list.indexValues());
        assertNull(list.indexValue());
    }

    @Test
    void aRowWithoutTheColumnNeverMatches() throws Exception {
        Sql.on(server).run("create table if not exists cut (id int, t text, j jsonb)");
        Table table = Shapes.of(Sql.on(server), "public", "cut");
        for (String filter : List.of("t=eq.a", "t=neq.a", "t=not.eq.a", "t=is.null", "t=not.is.null", "t=in.()", "t=not.in.()", "t=isdistinct.a", "t=not.isdistinct.a",
                "t=like.%", "t=not.match.a", "j=eq.1", "j=not.in.(1)")) {
            RowFilter compiled = (RowFilter) outcome(filters.compile(table, filter + ",id=eq.1"));
            assertEquals(Verdict.NO_MATCH, compiled.test(Row.parse("{\"id\":1}")), filter);
        }
    }

    private static Column column(String type) {
        return new Column(type, type, "pg_catalog." + type);
    }

    private void createTable(Statement statement) throws SQLException {
        types.clear();
        types.addAll(TYPES.keySet());
        StringBuilder columns = new StringBuilder("\"row \"\"number\"\"\" int");
        for (String type : types) {
            String name = "c " + typeOf.size() + (random.nextInt(4) == 0 ? " \"ö" : "");
            typeOf.put(name, type);
            columns.append(", ").append(quoted(name)).append(' ').append(type);
        }
        statement.execute("create table \"every type\" (" + columns + ")");
    }

    /** Rows of random values, as the log would have them; each value that its type refuses is left out. */
    private List<Row> fill(Statement statement) throws SQLException {
        for (int row = 0; row < ROWS; row++) {
            statement.execute("insert into \"every type\" (\"row \"\"number\"\"\"" + filledColumns() + ") values (" + row + filledValues() + ")");
            for (Map.Entry<String, String> column : typeOf.entrySet()) {
                if (random.nextInt(6) > 0) {
                    String value = pick(TYPES.get(column.getValue()));
                    try {
                        statement.execute("update \"every type\" set " + quoted(column.getKey()) + " = " + literal(value) + " where \"row \"\"number\"\"\" = " + row);
                    } catch (SQLException refused) {
                        // a value for filters only
                    }
                }
            }
        }
        List<Row> rows = new ArrayList<>();
        try (ResultSet found = statement.executeQuery("select to_json(t.*)::text from \"every type\" t order by \"row \"\"number\"\"\"")) {
            while (found.next()) {
                rows.add(Row.parse(found.getString(1)));
            }
        }
        assertEquals(ROWS, rows.size());
        return rows;
    }

    private String filledColumns() {
        return typeOf.entrySet().stream().filter(each -> each.getValue().equals("filled")).map(each -> ", " + quoted(each.getKey())).reduce("", String::concat);
    }

    private String filledValues() {
        return typeOf.values().stream().filter("filled"::equals).map(each -> ", 'a'").reduce("", String::concat);
    }

    /** A random filter, now and then of the last one's shape, and what the table says of it. */
    private Expected expected(Statement statement) throws SQLException {
        casts.clear();
        Expected expected = new Expected();
        StringBuilder filter = new StringBuilder();
        List<String> where = new ArrayList<>();
        if (shapes.isEmpty() || random.nextInt(3) > 0) {
            shapes = shapes();
        }
        for (Shape shape : shapes) {
            String column = shape.column().name();
            String type = typeOf.get(column);
            String[] written = condition(column, type, shape.operator());
            filter.append(filter.isEmpty() ? "" : ",").append(column).append('=').append(shape.negated() ? "not." : "").append(written[0]);
            where.add((shape.negated() ? "not (" : "(") + written[1] + ")");
            expected.columns.add(type);
        }
        expected.filter = filter.toString();
        expected.where = String.join(" and ", where);
        try {
            // together, or behind what is never true, one may hide the other's error
            for (String cast : casts) {
                statement.executeQuery("select " + cast).close();
            }
            for (String condition : where) {
                rows(statement, condition);
            }
            expected.rows = rows(statement, expected.where);
        } catch (SQLException refused) {
            expected.rows = null;
        }
        return expected;
    }

    private List<Shape> shapes() {
        List<Shape> drawn = new ArrayList<>();
        for (int i = random.nextInt(4) == 0 ? 1 + random.nextInt(3) : 1; i > 0; i--) {
            String column = pick(new ArrayList<>(typeOf.keySet()));
            drawn.add(new Shape(new Column(column, "", ""), pick(List.of(Operator.values())), random.nextInt(3) == 0));
        }
        return drawn;
    }

    private static BitSet rows(Statement statement, String where) throws SQLException {
        BitSet rows = new BitSet();
        try (ResultSet found = statement.executeQuery("select \"row \"\"number\"\"\" from \"every type\" where " + where)) {
            while (found.next()) {
                rows.set(found.getInt(1));
            }
        }
        return rows;
    }

    /** @return the operator with its value as a filter has it, and the condition in SQL */
    private String[] condition(String column, String type, Operator operator) {
        String left = quoted(column);
        String cast = "::" + type.replaceFirst(" collate.*", "").replaceFirst("(char|bit)?\\([0-9,]+\\)", "$1").replaceFirst("^char$", "bpchar")
                .replaceFirst("^bit$", "pg_catalog.\"bit\"");
        return switch (operator) {
            case IS -> {
                String keyword = pick(List.of("null", "null", "true", "false", "unknown"));
                yield new String[] {"is." + keyword, left + " is " + keyword};
            }
            case LIKE, ILIKE -> {
                String pattern = pick(List.of("%", "a%", "%b", "_", "A_%", "%\\%", "", "1%", "%-%", "ä"));
                yield new String[] {operator.word() + "." + written(pattern, false), left + " " + operator.word() + " " + literal(pattern)};
            }
            case MATCH, IMATCH -> {
                String pattern = pick(List.of("^a", "b$", ".", "^$", "[ab]", "(a|b)+c?", "\\d", "(", "[", "a{2"));
                yield new String[] {operator.word() + "." + written(pattern, false), left + " " + (operator == Operator.MATCH ? "~" : "~*") + " " + literal(pattern)};
            }
            case IN -> {
                List<String> written = new ArrayList<>();
                List<String> literals = new ArrayList<>();
                for (int i = random.nextInt(4); i > 0; i--) {
                    String value = random.nextInt(8) == 0 ? null : value(type);
                    written.add(value == null ? "null" : written(value, true));
                    // one by one, since no array has arrays for elements
                    String typed = (value == null ? "null" : literal(value)) + cast;
                    literals.add(left + " = " + typed);
                    casts.add(typed);
                }
                yield new String[] {"in.(" + String.join(random.nextBoolean() ? "," : ", ", written) + ")",
                        literals.isEmpty() ? "coalesce((" + left + " = " + left + ") and false, false)" : "(" + String.join(") or (", literals) + ")"};
            }
            default -> {
                String value = value(type);
                casts.add(literal(value) + cast);
                String symbol = switch (operator) {
                    case EQ -> "=";
                    case NEQ -> "<>";
                    case LT -> "<";
                    case LTE -> "<=";
                    case GT -> ">";
                    case GTE -> ">=";
                    default -> "is distinct from";
                };
                yield new String[] {operator.word() + "." + written(value, false), left + " " + symbol + " " + literal(value) + cast};
            }
        };
    }

    /** Mostly of the column's type. */
    private String value(String type) {
        return pick(TYPES.get(random.nextInt(20) == 0 ? pick(types) : type));
    }

    private String written(String value, boolean listed) {
        boolean bare = listed ? value.matches("[^\\s,\"\\\\{}()]+") && !value.equalsIgnoreCase("null") : value.matches("[^\\s,\"()][^,()\"]*[^\\s,\"()]|[^\\s,\"()\\\\]");
        return bare && random.nextBoolean() ? value : '"' + value.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }

    private static void checkIndex(Expected expected, int row, Row of) {
        if (expected.compiled.indexColumn() != null && expected.rows.get(row)) {
            assertTrue(expected.compiled.indexValues().contains(of.text(expected.compiled.indexColumn())), () -> expected.toString());
        }
    }

    private static void judge(List<Expected> together, List<Row> rows) throws Exception {
        Object outcome = outcome(judge.judge(together.stream().map(each -> each.compiled).toList(), rows));
        assertTrue(outcome instanceof List, () -> "judged: " + outcome);
        for (int i = 0; i < together.size(); i++) {
            Expected expected = together.get(i);
            Judgement judgement = (Judgement) ((List<?>) outcome).get(i);
            assertNotNull(judgement);
            assertNull(judgement.refused(), () -> expected + " was refused by the judge: " + judgement.refused().getMessage());
            assertEquals(expected.rows, judgement.rows(), () -> expected.toString());
        }
    }

    private static Object outcome(Future<?> future) throws Exception {
        return future.map(Object.class::cast).recover(failure -> failure instanceof FilterException ? Future.succeededFuture(failure) : Future.failedFuture(failure))
                .toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
    }

    private <T> T pick(List<T> from) {
        return from.get(random.nextInt(from.size()));
    }

    private static String literal(String value) {
        return "E'" + value.replace("\\", "\\\\").replace("'", "''") + "'";
    }

    private static String quoted(String name) {
        return '"' + name.replace("\"", "\"\"") + '"';
    }

    /** A filter, and the rows that it must give; null when it must be refused. */
    private static final class Expected {

        private final Set<String> columns = new TreeSet<>();
        private final BitSet asked = new BitSet();
        private String filter;
        private String where;
        private BitSet rows;
        private RowFilter compiled;

        @Override
        public String toString() {
            return filter + " [" + columns + ": " + where + "]";
        }
    }
}
