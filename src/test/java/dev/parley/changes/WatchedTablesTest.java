package dev.parley.changes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.parley.changes.Catalog.Misfit;
import dev.parley.database.Connections;
import dev.parley.database.Database;
import dev.parley.testing.Sql;
import io.quarkus.test.junit.QuarkusTest;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgException;
import io.vertx.sqlclient.Pool;
import jakarta.inject.Inject;
import java.sql.ResultSet;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The log triggers follow what is to be watched, and the catalogue shows it. */
@QuarkusTest
class WatchedTablesTest {

    private static final String TRIGGERS = "select tgrelid::regclass::text from pg_trigger where tgname = 'parley_log_insert' and tgrelid::regclass::text like 'w.%' order by 1";

    @Inject
    Statements sql;

    @Inject
    WatchedTables watchedTables;

    @Inject
    Catalog catalog;

    @Inject
    Vertx vertx;

    @Inject
    Database database;

    @Inject
    Connections connections;

    @BeforeEach
    void schema() {
        sql.run("create schema w", "delete from parley.change_log where schema_name = 'w'");
    }

    @AfterEach
    void drop() {
        sql.run("drop publication if exists supabase_realtime", "drop schema w cascade", "delete from parley.watched where schema_name = 'w'");
    }

    @Test
    void aTableIsWatchedAsLongAsThePublicationHasIt() throws Exception {
        sql.run("create table w.a (id int primary key)", "create table w.b (id int)", "create publication supabase_realtime for table w.a");
        sync();
        assertEquals(List.of("w.a"), sql.rows(TRIGGERS));
        assertNotNull(catalog.table("w", "a"));
        assertNull(catalog.table("w", "b"));

        sql.run("alter publication supabase_realtime set table w.b");
        sync();
        assertEquals(List.of("w.b"), sql.rows(TRIGGERS));
        assertNull(catalog.table("w", "a"));
        assertNotNull(catalog.table("w", "b"));

        sql.run("drop publication supabase_realtime");
        sync();
        assertEquals(List.of(), sql.rows(TRIGGERS));
    }

    @Test
    void aTableWatchedByHandStaysUntilItIsUnwatched() throws Exception {
        sql.run("create table w.a (id int primary key)", "select parley.watch('w.a')", "select parley.watch('w.a')");
        sync();
        sql.run("create publication supabase_realtime for table w.a");
        sync();
        sql.run("drop publication supabase_realtime");
        sync();
        assertEquals(List.of("w.a"), sql.rows(TRIGGERS));
        sql.run("select parley.unwatch('w.a')");
        assertEquals(List.of(), sql.rows(TRIGGERS));
        sync();
        assertEquals(List.of(), sql.rows(TRIGGERS));
        assertNull(catalog.table("w", "a"));
    }

    @Test
    void unwatchTakesThePartitionsAlongAndWatchedByAPublicationComesBack() throws Exception {
        sql.run("create table w.p (id int) partition by list (id)", "create table w.p1 partition of w.p for values in (1)",
                "create publication supabase_realtime for table w.p");
        sync();
        assertEquals("0", sql.ask(statement -> {
            statement.getConnection().setAutoCommit(false); // or the service has them back before they are looked at
            statement.execute("select parley.unwatch('w.p')");
            int left = 0;
            try (ResultSet rows = statement.executeQuery(TRIGGERS)) {
                while (rows.next()) {
                    left++;
                }
            }
            statement.getConnection().commit();
            return String.valueOf(left);
        }));
        sync();
        assertEquals(List.of("w.p", "w.p1"), sql.rows(TRIGGERS));
    }

    @Test
    void partitionsAreFollowedUnderTheRootsName() throws Exception {
        sql.run("create table w.p (id int primary key) partition by range (id)", "create table w.p1 partition of w.p for values from (0) to (10)",
                "create publication supabase_realtime for table w.p");
        sync();
        sql.run("create table w.p2 partition of w.p for values from (10) to (20) partition by range (id)",
                "create table w.p21 partition of w.p2 for values from (10) to (20)");
        sync();
        assertEquals(List.of("w.p", "w.p1", "w.p2", "w.p21"), sql.rows(TRIGGERS));
        sql.run("insert into w.p values (1), (11)", "insert into w.p1 values (2)", "insert into w.p21 values (12)", "update w.p1 set id = 3 where id = 2");
        assertEquals(List.of("INSERT|{\"id\":1}|null", "INSERT|{\"id\":11}|null", "INSERT|{\"id\":2}|null", "INSERT|{\"id\":12}|null",
                "UPDATE|{\"id\":3}|{\"id\":2}"), sql.log("w.p"));
        assertNotNull(catalog.table("w", "p"));
        assertNull(catalog.table("w", "p1"));

        sql.run("alter table w.p detach partition w.p1");
        sync();
        assertEquals(List.of("w.p", "w.p2", "w.p21"), sql.rows(TRIGGERS));
    }

    @Test
    void aPublishedPartitionMeansItsRoot() throws Exception {
        sql.run("create table w.p (id int) partition by list (id)", "create table w.p1 partition of w.p for values in (1)",
                "create table w.p2 partition of w.p for values in (2)", "create publication supabase_realtime for table w.p2");
        sync();
        assertEquals(List.of("w.p", "w.p1", "w.p2"), sql.rows(TRIGGERS));
    }

    @Test
    void childrenAreFollowedUnderTheOldestWatchedParent() throws Exception {
        sql.run("create table w.a (id int)", "create table w.b (id int)", "create table w.c (extra int) inherits (w.a, w.b)",
                "create publication supabase_realtime for table w.c, w.b, w.a");
        sync();
        sql.run("insert into w.c values (1, 2)");
        assertEquals(List.of("INSERT|{\"id\":1,\"extra\":2}|null"), sql.log("w.a"));
        String before = triggers();
        sync();
        assertEquals(before, triggers());
    }

    @Test
    void anotherReplicaIdentityIsFollowed() throws Exception {
        sql.run("create table w.a (id int primary key, v int)", "create publication supabase_realtime for table w.a");
        sync();
        Table before = catalog.table("w", "a");
        assertEquals(List.of("id"), before.identity());
        sql.run("alter table w.a replica identity full");
        sync();
        assertEquals(List.of("id", "v"), catalog.table("w", "a").identity());
        sql.run("insert into w.a values (1, 2)", "update w.a set v = 3");
        assertEquals("UPDATE|{\"id\":1,\"v\":3}|{\"id\":1,\"v\":2}", sql.log("w.a").get(1));
    }

    @Test
    void whereNothingHasChangedNothingIsTouched() throws Exception {
        sql.run("create table w.p (id int primary key) partition by range (id)", "create table w.p1 partition of w.p for values from (0) to (10)",
                "create table w.b (id int)", "select parley.watch('w.b')", "create publication supabase_realtime for table w.p");
        sync();
        String triggers = triggers();
        String watched = watched();
        Table before = catalog.table("w", "p");
        sql.ask(statement -> {
            statement.getConnection().setAutoCommit(false);
            statement.execute("lock table w.p, w.p1, w.b in access exclusive mode");
            try {
                sync();
            } catch (Exception e) {
                throw new AssertionError(e);
            }
            statement.getConnection().rollback();
            return null;
        });
        sql.run("select parley.watch('w.b')");
        assertEquals(triggers, triggers());
        assertEquals(watched, watched());
        assertSame(before, catalog.table("w", "p"));
    }

    /** A call costs more than all else, and those that read a catalogue cost the square of the tables. */
    @Test
    void whatIsCheckedAgainAndAgainCallsNoFunctionForEveryTable() throws Exception {
        for (int i = 0; i < 20; i++) {
            sql.run("create table w.a" + i + " (id int primary key)", "create table w.p" + i + " (id int) partition by list (id)",
                    "create table w.q" + i + " partition of w.p" + i + " for values in (1)");
        }
        sql.run("create publication supabase_realtime for all tables");
        try {
            sync();
            assertEquals(60, sql.rows(TRIGGERS).size());
            assertEquals(List.of(), sql.ask(statement -> {
                statement.getConnection().setAutoCommit(false);
                statement.execute("set local track_functions = 'all'");
                statement.execute("select parley.sync_watched('supabase_realtime', '{}', '{}', true, false)");
                statement.execute("select * from parley.triggers_to_change()");
                List<String> rows = Sql.rows(statement.getConnection(),
                        "select funcname, calls from pg_stat_xact_user_functions where schemaname = 'parley' and calls >= 20");
                statement.getConnection().rollback();
                return rows;
            }));
        } finally {
            sql.run("drop publication supabase_realtime");
            sync();
        }
    }

    /** While a new version is rolled out: they leave it to the server which types they mean. */
    @Test
    void replicasOfTheVersionBeforeGoOnKeepingTheirTables() {
        assertEquals(List.of(), sql.ask(statement -> {
            statement.execute("prepare before as select parley.sync_watched($1, $2, $3, $4, $5)");
            List<String> missing = Sql.rows(statement.getConnection(), "execute before('supabase_realtime', '{}', '{}', true, true)");
            statement.execute("deallocate before");
            return missing;
        }));
    }

    @Test
    void aTableWatchedByHandMayBeRenamed() throws Exception {
        sql.run("create table w.a (id int)", "select parley.watch('w.a')", "alter table w.a rename to \"B \"\"b\"\"\"");
        sync();
        sql.run("insert into w.\"B \"\"b\"\"\" values (1)");
        assertEquals(List.of("INSERT|{\"id\":1}|null"), sql.log("w.B \"b\""));
        assertNotNull(catalog.table("w", "B \"b\""));
    }

    @Test
    void oddNamesAreWatched() throws Exception {
        sql.run("create table w.\"Weird \"\"Tab.le\" (id int primary key)", "create publication supabase_realtime for table w.\"Weird \"\"Tab.le\"");
        sync();
        sql.run("insert into w.\"Weird \"\"Tab.le\" values (1)", "update w.\"Weird \"\"Tab.le\" set id = 2");
        assertEquals(List.of("INSERT|{\"id\":1}|null", "UPDATE|{\"id\":2}|{\"id\":1}"), sql.log("w.Weird \"Tab.le"));
        assertNotNull(catalog.table("w", "Weird \"Tab.le"));
    }

    @Test
    void onlyTablesCanBeWatched() {
        sql.run("create view w.v as select 1 as id", "create materialized view w.m as select 1 as id");
        for (String what : List.of("w.v", "w.m", "pg_catalog.pg_class", "parley.change_log", "realtime.messages")) {
            assertThrows(AssertionError.class, () -> sql.run("select parley.watch('" + what + "')"), what);
        }
    }

    /** PostgreSQL would refuse what is written to the foreign table by way of the root. */
    @Test
    void aRootIsNotWatchedAsLongAsAForeignTableIsAmongItsMembers() throws Exception {
        sql.run("create foreign data wrapper nowhere", "create server nowhere foreign data wrapper nowhere");
        try {
            sql.run("create table w.p (id int primary key) partition by range (id)", "create table w.p1 partition of w.p for values from (0) to (10)",
                    "create table w.above (id int)", "create table w.below () inherits (w.above)", "create table w.other (id int)",
                    "create publication supabase_realtime for table w.p, w.above, w.below, w.other");
            sync();
            assertEquals(List.of("w.above", "w.below", "w.other", "w.p", "w.p1"), sql.rows(TRIGGERS));

            sql.run("create foreign table w.beside () inherits (w.above) server nowhere", "alter table w.p drop constraint p_pkey",
                    "create foreign table w.p2 (id int not null) server nowhere", "alter table w.p attach partition w.p2 for values from (10) to (20)");
            sync();
            sync();
            assertEquals(List.of("w.below", "w.other"), sql.rows(TRIGGERS));
            assertEquals(List.of("w.p|leave|w.p2", "w.above|leave|w.beside"),
                    sql.rows("select name, action, lacking from parley.triggers_to_change() where name like 'w.%' order by relation"));
            for (String what : List.of("w.p", "w.p1", "w.above")) {
                String told = assertThrows(AssertionError.class, () -> sql.run("select parley.watch('" + what + "')"), what).getMessage();
                assertTrue(told.contains("is a foreign table"), told);
            }
            sql.run("insert into w.below values (1)");
            assertEquals(List.of("INSERT|{\"id\":1}|null"), sql.log("w.below"));

            sql.run("drop foreign table w.beside", "drop foreign table w.p2");
            sync();
            assertEquals(List.of("w.above", "w.below", "w.other", "w.p", "w.p1"), sql.rows(TRIGGERS));
        } finally {
            sql.run("drop foreign data wrapper nowhere cascade");
        }
    }

    @Test
    void aDisabledLogTriggerIsNamedAndStaysDisabled() throws Exception {
        sql.run("create table w.a (id int primary key)", "create table w.b (id int)", "create publication supabase_realtime for table w.a, w.b");
        sync();
        sql.run("alter table w.a disable trigger parley_log_update", "alter table w.a enable replica trigger parley_log_delete", "alter table w.b disable trigger user",
                "alter table w.b enable always trigger parley_log_insert", "alter table w.a replica identity full");
        sync();
        String disabled = "select tgrelid::regclass, tgname, tgenabled from pg_trigger where tgrelid::regclass::text like 'w.%' and tgenabled <> 'O' order by 1, 2";
        List<String> before = List.of("w.a|parley_log_delete|R", "w.a|parley_log_update|D", "w.b|parley_log_delete|D", "w.b|parley_log_insert|A",
                "w.b|parley_log_truncate|D", "w.b|parley_log_update|D");
        assertEquals(before, sql.rows(disabled));
        List<String> remedies = sql.rows("select distinct lacking from parley.triggers_to_change() where name like 'w.%' and action = 'enable' order by 1");
        assertEquals(List.of("alter table w.a enable trigger parley_log_delete, enable trigger parley_log_update",
                "alter table w.b enable trigger parley_log_delete, enable trigger parley_log_truncate, enable trigger parley_log_update"), remedies);
        assertThrows(AssertionError.class, () -> sql.run("select parley.watch('w.a')"));
        assertEquals(before, sql.rows(disabled));

        sql.run(remedies.toArray(String[]::new));
        sync();
        assertEquals(List.of(), sql.rows("select * from parley.triggers_to_change() where name like 'w.%'"));
        sql.run("insert into w.a values (1)", "update w.a set id = 2");
        assertEquals("UPDATE|{\"id\":2}|{\"id\":1}", sql.log("w.a").get(1), "and then it follows what has changed meanwhile");
    }

    /** No pattern of ours is read otherwise then, as those with a backslash in a plain literal are. */
    @Test
    void aSchemaThatOnlyBeginsLikeTheSystemsIsWatchedHoweverLiteralsAreRead() throws Exception {
        assertEquals("t|f", sql.ask(statement -> {
            statement.getConnection().setAutoCommit(false);
            statement.execute("set local standard_conforming_strings = off");
            statement.execute("create schema pgb");
            statement.execute("create table pgb.jobs (id int)");
            List<String> rows = Sql.rows(statement.getConnection(), "select parley.is_watchable('pgb.jobs'::regclass), parley.is_watchable('pg_class'::regclass)");
            statement.getConnection().rollback();
            return rows.get(0);
        }));
    }

    @Test
    void theCatalogueKnowsTheShape() throws Exception {
        sql.run("create type w.\"My Enum\" as enum ('a', 'b')", "create domain w.positive as int check (value > 0)",
                "create table w.a (gone int, b int, a text[], e w.\"My Enum\", d w.positive, c char(3), n numeric(10, 2), ch \"char\", "
                        + "g int generated always as (b * 2) stored, primary key (d, b))",
                "alter table w.a drop column gone", "alter table w.a enable row level security", "select parley.watch('w.a')");
        sync();
        Table table = catalog.table("w", "a");
        assertEquals(List.of(
                new Column("b", "int4", "pg_catalog.int4"), new Column("a", "_text", "pg_catalog._text"), new Column("e", "My Enum", "w.\"My Enum\""),
                new Column("d", "positive", "w.positive"), new Column("c", "bpchar", "pg_catalog.bpchar"), new Column("n", "numeric", "pg_catalog.\"numeric\""),
                new Column("ch", "char", "pg_catalog.\"char\""), new Column("g", "int4", "pg_catalog.int4")), table.columns());
        assertEquals(List.of("d", "b"), table.key());
        assertEquals(List.of("d", "b"), table.identity());
        assertEquals(true, table.rowSecurity());
        for (Column column : table.columns()) {
            sql.run("select null::" + column.cast());
        }
    }

    @Test
    void chatsTablesAreWatchedAndStoredBroadcastsAreNobodysTable() throws Exception {
        sync();
        assertNotNull(catalog.table("public", "messages"));
        assertNotNull(catalog.table("public", "conversations"));
        assertEquals(List.of("id"), catalog.table("public", "messages").identity());
        assertNull(catalog.table("realtime", "messages"));
        sql.run("select parley.unwatch('public.messages')");
        sync();
        assertNotNull(catalog.table("public", "messages"));
    }

    @Test
    void aTableThatIsAskedForRightAfterItIsPublishedIsFoundHoweverManyAskedBefore() throws Exception {
        sync();
        sql.run("create table w.a (id int)");
        List<Future<Void>> before = Stream.generate(watchedTables::look).limit(100).toList();
        sql.run("create publication supabase_realtime for table w.a");
        get(watchedTables.look());
        assertNotNull(catalog.table("w", "a"));
        for (Future<Void> each : before) {
            get(each);
        }
    }

    @Test
    void howeverManyAskForUnknownTablesThereIsOneLookASecond() throws Exception {
        Tables tables = new Tables(null);
        WatchedTables own = tables.watched();
        get(own.look());
        int one = tables.asked.get();
        long begun = System.nanoTime();
        int rounds = 3;
        for (int round = 0; round < rounds; round++) {
            List<Future<Void>> many = Stream.generate(own::look).limit(1_000).toList();
            for (Future<Void> each : many) {
                get(each);
            }
        }
        long seconds = Duration.ofNanos(System.nanoTime() - begun).toSeconds();
        assertTrue(seconds >= rounds - 1 && tables.asked.get() <= one * (rounds + 1), tables.asked.get() + " questions in " + seconds + " s, " + one + " each time");
    }

    @Test
    void aLookThatFailsLeavesTheCatalogueAsItIsIfThereIsOne() throws Exception {
        Tables tables = new Tables(new PgException("permission denied", "ERROR", "42501", null));
        WatchedTables own = tables.watched();
        tables.failing = 1;
        get(own.look());
        assertNotNull(tables.catalog.table("public", "messages"), "shapes can be read all the same");
        tables.failing = Integer.MAX_VALUE;
        get(own.look());

        Tables away = new Tables(new PgException("the database is starting up", "FATAL", "57P03", null));
        away.failing = Integer.MAX_VALUE;
        WatchedTables withoutAny = away.watched();
        assertThrows(ExecutionException.class, () -> get(withoutAny.look()));
    }

    @Test
    void aRowThatNothingFitsIsWaitedForOnce() throws Exception {
        sql.run("create table w.a (id int)", "select parley.watch('w.a')");
        Tables tables = new Tables(null);
        get(tables.catalog.refresh());
        Set<Misfit> child = Set.of(new Misfit("w", "a", List.of("id", "extra")), new Misfit("w", "gone", List.of("id")));
        get(tables.catalog.refreshFor(child));
        assertEquals(2, tables.asked.get());
        for (int i = 0; i < 1_000; i++) {
            assertTrue(tables.catalog.refreshFor(child).succeeded(), "at once");
        }
        assertTrue(tables.asked.get() <= 4, tables.asked + " questions");

        sql.run("alter table w.a add extra int, add another int");
        get(tables.catalog.refreshFor(Set.of(new Misfit("w", "a", List.of("id", "extra", "another")))));
        assertEquals(3, tables.catalog.table("w", "a").columns().size(), "another shape of the same table is looked for at once");
    }

    @Test
    void rowsDoNotWaitForACatalogueThatDoesNotAnswer() throws Exception {
        Tables tables = new Tables(null);
        tables.silent = true;
        long begun = System.nanoTime();
        for (int i = 0; i < 1_000; i++) {
            get(tables.catalog.refreshFor(Set.of(new Misfit("w", "a", List.of("column" + i)))));
        }
        long millis = Duration.ofNanos(System.nanoTime() - begun).toMillis();
        assertTrue(millis < 2_000, "waited " + millis + " ms");
    }

    private void sync() throws Exception {
        sql.value("select 1"); // the schema is in place
        get(watchedTables.sync());
    }

    private static <T> T get(Future<T> future) throws Exception {
        return future.toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
    }

    /** Connections that count what is asked, and a catalogue of their own. */
    private final class Tables extends TableConnections {

        private final AtomicInteger asked = new AtomicInteger();
        private final Throwable failure;
        private final Catalog catalog = new Catalog(this);
        private volatile int failing;
        private volatile boolean silent;

        private Tables(Throwable failure) {
            super(connections);
            this.failure = failure;
            sql.value("select 1"); // the schema is in place
        }

        private WatchedTables watched() {
            return new WatchedTables(vertx, database, this, catalog, "supabase_realtime", Optional.empty(), Duration.ofHours(1), true);
        }

        @Override
        <T> Future<T> ask(Function<Pool, Future<T>> question) {
            asked.incrementAndGet();
            return silent ? Promise.<T>promise().future() : failing-- > 0 ? Future.failedFuture(failure) : super.ask(question);
        }
    }

    private String triggers() {
        return sql.rows("select oid, xmin, tgname from pg_trigger where tgrelid::regclass::text like 'w.%' order by oid").toString();
    }

    private String watched() {
        return sql.rows("select xmin, schema_name, table_name, source from parley.watched order by 2, 3, 4").toString();
    }
}
