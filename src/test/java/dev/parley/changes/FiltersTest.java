package dev.parley.changes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.parley.changes.RowFilter.Verdict;
import dev.parley.changes.SlowFilters.Standing;
import dev.parley.database.TestDatabase;
import dev.parley.testing.Await;
import dev.parley.testing.Sql;
import dev.parley.testing.TestPostgres;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FiltersTest {

    private static final String SLOW_REGEX = "^(.*)(.*)(.*)(.*)z\\1\\2\\3\\4$";
    private static final String SLOW_TEXT = "ab".repeat(60) + "z" + "ba".repeat(60);

    private static TestPostgres server;
    private static Vertx vertx;
    private static Table things;
    private static Filters filters;
    private static Judge judge;

    @BeforeAll
    static void start() {
        server = TestPostgres.start();
        Sql.on(server).run("""
                create schema extensions;
                create extension citext schema extensions;
                create table written (at int);
                create function writes(text) returns boolean language plpgsql as $$ begin insert into written values (1); return true; end $$;
                create domain spying as text check (writes(value));
                create type mood as enum ('sad', 'ok');
                create table things (id uuid, n int, t text, b bool, at timestamptz, j json, mood mood, mail extensions.citext, spy spying, tags text[], "odd ""col" int);
                """);
        things = Shapes.of(Sql.on(server), "public", "things");
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

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
            nope=eq.1       | ERROR P0001 (raise_exception) invalid column for filter nope
            N=eq.1          | ERROR P0001 (raise_exception) invalid column for filter N
            id=eq.abc       | ERROR 22P02 (invalid_text_representation) invalid input syntax for type uuid: "abc"
            n=eq.abc        | ERROR 22P02 (invalid_text_representation) invalid input syntax for type integer: "abc"
            n=gt.3000000000 | ERROR 22003 (numeric_value_out_of_range) value "3000000000" is out of range for type integer
            n=in.(1,x)      | ERROR 22P02 (invalid_text_representation) invalid input syntax for type integer: "x"
            b=eq.maybe      | ERROR 22P02 (invalid_text_representation) invalid input syntax for type boolean: "maybe"
            at=lt.soon      | ERROR 22007 (invalid_datetime_format) invalid input syntax for type timestamp with time zone: "soon"
            mood=eq.happy   | ERROR 22P02 (invalid_text_representation) invalid input value for enum mood: "happy"
            b=is.maybe      | ERROR P0001 (raise_exception) invalid value for is filter: must be null, true, false, or unknown
            t=is.true       | ERROR P0001 (raise_exception) is true filter requires a boolean column, got text
            n=like.1%       | ERROR P0001 (raise_exception) operator like is not supported on column n of type int4: operator does not exist: integer ~~ text
            j=eq.1          | ERROR P0001 (raise_exception) operator eq is not supported on column j of type json: operator does not exist: json = json
            t=match.(       | ERROR P0001 (raise_exception) invalid regular expression for match filter: invalid regular expression: parentheses () not balanced
            t=like.a\\      | ERROR 22025 (invalid_escape_sequence) LIKE pattern must not end with escape character
            tags=eq.{       | ERROR 22P02 (invalid_text_representation) malformed array literal: "{"
            """)
    void whatDoesNotFitIsRefusedInUpstreamsWords(String filter, String complaint) throws Exception {
        FilterException refused = refused(filters.compile(things, filter));
        assertEquals(complaint, refused.getMessage());
        assertFalse(refused.isGrammar());
    }

    @Test
    void noFilterLetsEverythingThrough() {
        assertSame(RowFilter.ALL, filters.compile(things, null).result());
        assertSame(RowFilter.ALL, filters.compile(things, " \n").result());
    }

    @Test
    void anotherSpellingOfTheSameValueIsFoundByTheSameIndex() throws Exception {
        assertEquals("2026-01-01T10:00:00+00:00", compiled("at=eq.2026-01-01 11:00:00+01").indexValue());
        assertEquals("11111111-2222-3333-4444-555566667777", compiled("id=eq.{11111111222233334444555566667777}").indexValue());
        assertEquals("ok", compiled("mood=eq.ok").indexValue());
        assertEquals("true", compiled("b=in.(yes)").indexValue());
        assertEquals("odd \"col", compiled("odd \"col=eq.7").indexColumn());
    }

    @Test
    void theTypeOfAnExtensionComparesByItsOwnOperators() throws Exception {
        RowFilter filter = compiled("mail=eq.Ann@Example.org");
        List<Row> rows = rows("{\"mail\":\"ann@example.ORG\"}", "{\"mail\":\"bob@example.org\"}");
        assertEquals(Verdict.ASK, filter.test(rows.get(0)));
        assertEquals(BitSet.valueOf(new long[] {1}), get(judge.judge(List.of(filter), rows)).get(0).rows());
        assertEquals(BitSet.valueOf(new long[] {1}), get(judge.judge(List.of(compiled("mail=like.ANN%")), rows)).get(0).rows());
    }

    @Test
    void noTypesOwnCodeCanWrite() throws Exception {
        assertEquals("ERROR 25006 cannot execute INSERT in a read-only transaction", refused(filters.compile(things, "spy=eq.a")).getMessage());
        assertEquals(0, Sql.on(server).value("select count(*) from written", Long.class));
    }

    @Test
    void aFilterIsCompiledOnceUntilTheTableChanges() throws Exception {
        Table table = things;
        String filter = "at=gt.2026-01-01";
        List<Future<RowFilter>> many = IntStream.range(0, 100).mapToObj(i -> filters.compile(table, filter)).toList();
        RowFilter first = get(many.get(0));
        for (Future<RowFilter> each : many) {
            assertSame(first, get(each));
        }
        assertSame(first, get(filters.compile(Shapes.of(Sql.on(server), "public", "things"), filter)));
        Table changed = new Table(table.schema(), table.name(), table.columns().subList(0, 5), table.key(), table.identity(), table.rowSecurity());
        assertNotSame(first, get(filters.compile(changed, filter)));
    }

    @Test
    void theCacheForgetsTheOldestAndWhatFailedForOtherReasons() {
        FilterCache cache = new FilterCache(1_000);
        AtomicInteger compiled = new AtomicInteger();
        Table table = things;
        for (int i = 0; i < 5; i++) {
            cache.get(table, "f" + i % 4, () -> Future.succeededFuture(compiled.incrementAndGet() > 0 ? RowFilter.ALL : null));
        }
        assertEquals(4, compiled.get());
        cache.get(table, "g", () -> Future.failedFuture(new FilterException(true, "no")));
        cache.get(table, "f0", () -> Future.failedFuture("was kept"));
        cache.get(table, "f1", () -> Future.succeededFuture(compiled.incrementAndGet() > 0 ? RowFilter.ALL : null));
        assertEquals(5, compiled.get());
        assertTrue(cache.get(table, "g", () -> Future.succeededFuture(RowFilter.ALL)).cause() instanceof FilterException);
        cache.get(table, "away", () -> Future.failedFuture("the database is away"));
        assertTrue(cache.get(table, "away", () -> Future.succeededFuture(RowFilter.ALL)).succeeded());
    }

    @Test
    void whatTheDatabaseSaidOfAFilterDoesNotHoldForLong() {
        AtomicLong seconds = new AtomicLong();
        FilterCache cache = new FilterCache(1_000, () -> TimeUnit.SECONDS.toNanos(seconds.get()));
        AtomicInteger compiled = new AtomicInteger();
        for (int at : List.of(0, 4, 6, 30, 65, 67)) {
            seconds.set(at);
            cache.get(things, "due=eq.today", () -> Future.succeededFuture(compiled.incrementAndGet() > 0 ? RowFilter.ALL : null));
        }
        assertEquals(2, compiled.get());
        seconds.set(200);
        RowFilter known = cache.get(things, "due=eq.today", () -> Future.failedFuture("the database is away")).result();
        assertSame(RowFilter.ALL, known, "a database that is away has said nothing else");
        assertTrue(cache.get(things, "status=eq.new", () -> Future.failedFuture(new FilterException(true, "no such word"))).failed());
        assertTrue(cache.get(things, "status=eq.new", () -> Future.succeededFuture(RowFilter.ALL)).failed(), "within the same rush");
        seconds.addAndGet(6);
        assertTrue(cache.get(things, "status=eq.new", () -> Future.succeededFuture(RowFilter.ALL)).succeeded(), "there may be such a word now");
    }

    @Test
    void aFilterThatIsCompiledAgainAndAgainLeavesNothingBehind() {
        AtomicLong minutes = new AtomicLong();
        FilterCache cache = new FilterCache(1_000, () -> TimeUnit.MINUTES.toNanos(minutes.get()));
        List<WeakReference<RowFilter>> compiled = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            minutes.addAndGet(2);
            cache.get(things, "due=eq.today", () -> {
                RowFilter filter = new CompiledFilter(List.of());
                compiled.add(new WeakReference<>(filter));
                return Future.succeededFuture(filter);
            });
        }
        Await.until(() -> {
            System.gc();
            return compiled.subList(0, 3).stream().allMatch(each -> each.refersTo(null));
        }, Duration.ofSeconds(10), "only what may still be needed is kept");
        assertFalse(compiled.get(4).refersTo(null));
    }

    @Test
    void aDatabaseThatIsAwayRefusesNothing() throws Exception {
        RowFilter asking = compiled("t=ilike.a%");
        List<Row> rows = rows("{\"t\":\"Abc\"}");
        server.stop("immediate");
        try {
            for (Future<?> asked : List.of(filters.compile(things, "at=gt.2026-02-02"), judge.judge(List.of(asking), rows))) {
                Throwable failure = assertThrows(ExecutionException.class, () -> get(asked)).getCause();
                assertFalse(failure instanceof FilterException, failure.toString());
            }
        } finally {
            server.begin();
        }
        assertTrue(get(filters.compile(things, "at=gt.2026-02-02")) instanceof CompiledFilter);
        assertEquals(1, get(judge.judge(List.of(asking), rows)).get(0).rows().cardinality());
    }

    @Test
    void aFilterThatTakesTooLongIsRefusedAndTheOthersAreJudged() throws Exception {
        List<RowFilter> asked = List.of(compiled("t=match.^a"), compiled("t=match." + SLOW_REGEX), compiled("t=match.^b"), compiled("t=ilike.A%,at=gt.infinity"),
                compiled("t=ilike.A%"));
        List<Row> rows = rows("{\"t\":\"abc\",\"at\":null}", "{\"t\":\"" + SLOW_TEXT + "\",\"at\":null}", "{\"t\":\"bcd\",\"at\":null}");
        List<Judgement> judgements = get(judge.judge(asked, rows));
        assertEquals("ERROR 57014 (query_canceled) canceling statement due to statement timeout", judgements.get(1).refused().getMessage());
        assertEquals(List.of("{0, 1}", "{2}", "{}", "{0, 1}"), List.of(0, 2, 3, 4).stream().map(i -> judgements.get(i).rows().toString()).toList());
        assertTrue(List.of(0, 2, 3, 4).stream().allMatch(i -> judgements.get(i).refused() == null));
        List<Judgement> later = get(judge.judgeAtOnce(asked, rows("{\"t\":\"a\",\"at\":null}")));
        assertEquals("[{0}, refused, {}, {}, {0}]", later.stream().map(each -> each.refused() == null ? each.rows().toString() : "refused").toList().toString(),
                "one that was too slow is not asked again soon, those in its company are");
    }

    @Test
    void manySlowFiltersAreGivenUpTogetherAndNobodyWaitsForThem() throws Exception {
        List<RowFilter> slow = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            slow.add(compiled("t=match." + SLOW_REGEX.replace("z", "(?:z|y{" + (i + 1) + "})")));
        }
        List<Row> rows = rows("{\"t\":\"" + SLOW_TEXT + "\"}");
        assertTrue(get(judge.judge(slow, rows)).stream().allMatch(each -> each.refused() != null));
        Future<List<Judgement>> again = judge.judge(slow, rows);
        List<RowFilter> all = new ArrayList<>(slow);
        all.add(compiled("t=match.^ab"));
        List<Judgement> judgements = get(judge.judgeAtOnce(all, rows));
        assertEquals("{0}", judgements.get(100).rows().toString());
        assertFalse(again.isComplete());
        assertTrue(judgements.subList(0, 100).stream().allMatch(each -> each.refused() != null));
        get(again);
    }

    @Test
    void whatIsKnownOfASlowFilterHoldsForAMinuteAndThenItIsASuspect() throws Exception {
        AtomicLong seconds = new AtomicLong();
        SlowFilters slow = new SlowFilters(() -> TimeUnit.SECONDS.toNanos(seconds.get()));
        CompiledFilter filter = (CompiledFilter) compiled("t=match.a+");
        assertEquals(Standing.GOOD, slow.of(filter));
        slow.mark(filter, Standing.SLOW);
        seconds.set(59);
        assertEquals(Standing.SLOW, slow.of(filter));
        assertEquals(Standing.GOOD, slow.of((CompiledFilter) compiled("t=match.b+")));
        seconds.set(60);
        assertEquals(Standing.SUSPECT, slow.of(filter));
        slow.mark(filter, Standing.GOOD);
        assertEquals(Standing.GOOD, slow.of(filter));
    }

    @Test
    void aFilterOfATypeThatIsGoneIsRefusedAndTheOthersAreJudged() throws Exception {
        Sql.on(server).run("create type passing as (n int); create table passes (p passing, t text)");
        Table table = Shapes.of(Sql.on(server), "public", "passes");
        List<RowFilter> asked = List.of(get(filters.compile(table, "p=eq.(1)")), get(filters.compile(table, "t=ilike.A")));
        List<Row> rows = rows("{\"p\":{\"n\":1},\"t\":\"a\"}", "{\"p\":{\"n\":2},\"t\":\"b\"}");
        assertEquals(List.of("{0}", "{0}"), get(judge.judge(asked, rows)).stream().map(each -> each.rows().toString()).toList());
        Sql.on(server).run("drop table passes; drop type passing");
        List<Judgement> judgements = get(judge.judge(asked, rows));
        assertTrue(judgements.get(0).refused() != null && !judgements.get(0).refused().isGrammar());
        assertEquals("{0}", judgements.get(1).rows().toString());
    }

    @Test
    void aColumnOfAnotherTypeMakesAFilterAskAndBeRefused() throws Exception {
        Sql.on(server).run("create table altered (i int, b bigint, r real, f float8, n numeric, t text)");
        Table table = Shapes.of(Sql.on(server), "public", "altered");
        List<Row> rows = rows("{\"i\":12.50,\"b\":\"x\",\"r\":\"\",\"f\":\"x\",\"n\":\"\",\"t\":\"a\"}",
                "{\"i\":1,\"b\":1,\"r\":1,\"f\":1,\"n\":1,\"t\":\"a\"}", "{\"i\":[1],\"b\":{},\"r\":true,\"f\":[],\"n\":\"1e\",\"t\":\"b\"}");
        for (String filter : List.of("i=gt.0", "b=lt.5", "r=eq.1", "f=gte.1", "n=eq.1", "r=in.(1,2)", "n=not.in.(3)", "i=gt.0,t=ilike.A")) {
            RowFilter asked = get(filters.compile(table, filter));
            RowFilter other = get(filters.compile(table, "t=ilike.A"));
            assertEquals(Verdict.ASK, asked.test(rows.get(0)), filter);
            List<Judgement> judgements = get(judge.judge(List.of(asked, other), rows));
            assertTrue(judgements.get(0).refused() != null && !judgements.get(0).refused().isGrammar(), filter);
            assertEquals("{0, 1}", judgements.get(1).rows().toString());
            assertEquals(null, judgements.get(1).refused());
        }
        RowFilter fits = get(filters.compile(table, "i=gt.0,t=ilike.A"));
        assertEquals("{0}", get(judge.judge(List.of(fits), rows.subList(1, 2))).get(0).rows().toString(), "rows that still fit are judged");
    }

    @Test
    void aFilterTellsWhetherItEverAsks() throws Exception {
        for (String filter : List.of("t=ilike.a", "n=eq.1,t=like.a%", "mail=eq.a", "at=gt.2026-01-01", "tags=eq.{a}")) {
            assertTrue(compiled(filter).mayAsk(), filter);
        }
        for (String filter : List.of("id=eq.11111111-2222-3333-4444-555566667777", "n=gt.4,t=eq.a", "b=is.true", "mood=in.(ok,sad)", "t=is.null")) {
            assertFalse(compiled(filter).mayAsk(), filter);
        }
        assertFalse(RowFilter.ALL.mayAsk());
    }

    @Test
    void jsonThatPostgresCantTakeApartIsJudged() throws Exception {
        Sql.on(server).run("create type noted as (n int, j json); create table notes (c noted, t text)");
        Table table = Shapes.of(Sql.on(server), "public", "notes");
        List<RowFilter> asked = List.of(get(filters.compile(table, "c=not.is.null")), get(filters.compile(table, "c=is.null,t=like.%\\\\u0000")));
        List<Row> rows = rows("{\"c\":{\"n\":1,\"j\":\"\\u0000\"},\"t\":\"a\"}", "{\"c\":{\"n\":1,\"j\":{\"\\uD83D\":\"\\ude00\"}},\"t\":\"a\"}",
                "{\"c\":{\"n\":null,\"j\":null},\"t\":\"\\\\u0000\"}");
        List<Judgement> judgements = get(judge.judge(asked, rows));
        assertEquals(List.of("{0, 1}", "{2}"), judgements.stream().map(each -> each.rows().toString()).toList());
        assertTrue(judgements.stream().allMatch(each -> each.refused() == null));
    }

    @Test
    void filtersThatFindTooManyWaitingFailAtOnceAndMayBeTriedAgain() throws Exception {
        Table table = things;
        List<Future<RowFilter>> many = IntStream.range(0, 1_000).mapToObj(i -> filters.compile(table, "t=match.^many" + i)).toList();
        List<Future<RowFilter>> failed = many.stream().filter(Future::failed).toList();
        assertTrue(failed.size() >= 500, failed.size() + " failed at once");
        assertFalse(failed.stream().anyMatch(each -> each.cause() instanceof FilterException));
        for (Future<RowFilter> each : many) {
            assertTrue(failed.contains(each) || get(each).mayAsk());
        }
        for (int i = 0; i < 1_000; i++) {
            assertTrue(get(filters.compile(table, "t=match.^many" + i)).mayAsk());
        }
    }

    @Test
    void manyFiltersAndLargeRowsAreJudgedInPieces() throws Exception {
        Table table = things;
        List<RowFilter> asked = IntStream.range(0, 3_000).mapToObj(i -> filters.compile(table, "t=ilike.K" + i + "-%").result()).toList();
        List<Row> rows = IntStream.range(0, 700).mapToObj(i -> Row.parse("{\"t\":\"k" + i * 5 + "-x\",\"id\":\"" + "y".repeat(1_000) + "\"}")).toList();
        List<Judgement> judgements = get(judge.judge(asked, rows));
        for (int i = 0; i < asked.size(); i++) {
            BitSet expected = new BitSet();
            expected.set(i / 5, i % 5 == 0);
            assertEquals(expected, judgements.get(i).rows(), "filter " + i);
        }
        List<Row> large = IntStream.range(0, 8).mapToObj(i -> Row.parse("{\"t\":\"" + "é".repeat(1_000_000) + (char) ('a' + i) + "\"}")).toList();
        List<RowFilter> ends = IntStream.range(0, 40).mapToObj(i -> filters.compile(table, "t=like.%é" + (char) ('a' + i % 10)).result()).toList();
        List<Judgement> byEnd = get(judge.judge(ends, large));
        for (int i = 0; i < ends.size(); i++) {
            assertEquals(i % 10 < 8 ? "{" + i % 10 + "}" : "{}", byEnd.get(i).rows().toString());
            assertEquals(null, byEnd.get(i).refused());
        }
    }

    private static List<Row> rows(String... json) {
        return List.of(json).stream().map(Row::parse).toList();
    }

    private static RowFilter compiled(String filter) throws Exception {
        return get(filters.compile(things, filter));
    }

    private static FilterException refused(Future<RowFilter> compiled) {
        Throwable failure = assertThrows(ExecutionException.class, () -> get(compiled)).getCause();
        assertTrue(failure instanceof FilterException, failure.toString());
        return (FilterException) failure;
    }

    private static <T> T get(Future<T> future) throws Exception {
        return future.toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
    }
}
