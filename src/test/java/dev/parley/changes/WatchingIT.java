package dev.parley.changes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.parley.testing.Await;
import dev.parley.testing.ChangeBinding;
import dev.parley.testing.Instance;
import dev.parley.testing.Parallel;
import dev.parley.testing.RealtimeClient;
import dev.parley.testing.RealtimeVersion;
import dev.parley.testing.Seed;
import dev.parley.testing.Sql;
import dev.parley.testing.TestPostgres;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The running service keeps the tables of an application watched, beside other replicas, and says which right it lacks. */
class WatchingIT {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private TestPostgres database;
    private Sql sql;

    @BeforeEach
    void start() {
        database = TestPostgres.start();
        sql = Sql.on(database);
    }

    @AfterEach
    void stop() {
        database.close();
    }

    /** Whoever subscribed while the tables were watched hears of them again when they are, and of what was written meanwhile nothing, however late. */
    @Test
    void replicasFollowThePublicationWhileItChangesUnderLoadAndAReaderGetsExactlyTheRowsOfTheWatchedTime() throws Exception {
        sql.run("create table orders (id int primary key) partition by range (id)");
        sql.run("create table orders_0 partition of orders for values from (0) to (1000000)");
        sql.run("create table notes (id int)");
        sql.run("create publication supabase_realtime");
        ChangeBinding notes = ChangeBinding.of("INSERT", "public", "notes");
        ChangeBinding orders = ChangeBinding.of("*", "public", "orders");
        try (Instance one = instance().begin(); Instance other = instance().begin(); Writers writers = new Writers(Seed.of(getClass()))) {
            one.awaitReady();
            other.awaitReady();
            try (RealtimeClient client = RealtimeClient.of(RealtimeVersion.V2).connect(other)) {
                for (int round = 0; round < 4; round++) {
                    sql.run("alter publication supabase_realtime add table orders, notes");
                    Await.until(() -> watched().containsAll(List.of("orders", "orders_0", "notes")), PATIENCE, () -> "watched, there are " + watched());
                    if (round == 0) {
                        client.channel("both").on(notes).on(orders).joinOnceWatched();
                        writers.begin();
                    }
                    String partition = "orders_" + (round + 1);
                    sql.run("create table " + partition + " partition of orders for values from (" + (round + 1) + "000000) to (" + (round + 2) + "000000)");
                    writers.awaitMore();
                    Await.until(() -> watched().contains(partition), PATIENCE, () -> partition + " watched, there are " + watched());
                    sql.run("alter publication supabase_realtime drop table orders, notes");
                    Await.until(() -> watched().equals(List.of("conversations", "messages")), PATIENCE, () -> "no longer watched, there are " + watched());
                    writers.awaitMore();
                }
                sql.run("alter publication supabase_realtime add table orders, notes");
                Await.until(() -> watched().containsAll(List.of("orders", "notes")), PATIENCE, () -> "watched, there are " + watched());
                writers.end();
                sql.run("insert into orders values (0)");
                sql.run("insert into notes values (0)");
                Await.until(() -> ids(orders).contains(0) && ids(notes).contains(0), PATIENCE, "what was written last, at the reader");
                assertExactly(writers.logged("orders"), ids(orders));
                assertExactly(writers.logged("notes"), ids(notes));
                for (ChangeBinding binding : List.of(orders, notes)) {
                    assertEquals(List.of(), binding.changes().stream().filter(change -> change.data().path("columns").size() != 1).toList(), "each with its columns");
                }
                assertTrue(writers.unlogged() > 0, "some was written while nothing was watched");
                assertEquals(List.of(), client.violations());
                assertEquals(List.of(), client.closes());
            }
            for (Instance instance : List.of(one, other)) {
                assertEquals(List.of(), complaints(instance));
            }
        }
    }

    /** Besides the last one. */
    private static void assertExactly(Set<Integer> logged, List<Integer> came) {
        assertEquals(came.size(), Set.copyOf(came).size(), "nothing came twice");
        Set<Integer> rest = new TreeSet<>(came);
        rest.remove(0);
        assertEquals(new TreeSet<>(logged), rest);
    }

    private static List<Integer> ids(ChangeBinding binding) {
        return binding.changes().stream().map(change -> change.row().path("id").asInt()).toList();
    }

    /** Write to both tables all the time, and note of each row whether its table was watched: that can't change while they hold its lock. */
    private final class Writers implements AutoCloseable {

        private static final int NUMBER = 3;
        private static final String IS_WATCHED = "select count(*) from pg_trigger where tgrelid = ?::regclass and tgname = 'parley_log_insert'";

        private final long seed;
        private final AtomicInteger ids = new AtomicInteger();
        private final AtomicInteger commits = new AtomicInteger();
        private final Map<String, Set<Integer>> logged = Map.of("orders", ConcurrentHashMap.newKeySet(), "notes", ConcurrentHashMap.newKeySet());
        private final AtomicInteger unlogged = new AtomicInteger();
        private final AtomicBoolean ended = new AtomicBoolean();
        private CompletableFuture<Void> running = CompletableFuture.completedFuture(null);

        Writers(long seed) {
            this.seed = seed;
        }

        void begin() {
            running = CompletableFuture.runAsync(() -> {
                try {
                    Parallel.run(NUMBER, i -> () -> write(Seed.stream(seed, i)));
                } catch (Exception e) {
                    throw new CompletionException(e);
                }
            });
        }

        private Void write(Random random) throws SQLException {
            try (Connection connection = database.connect()) {
                connection.setAutoCommit(false);
                while (!ended.get()) {
                    String table = random.nextBoolean() ? "orders" : "notes";
                    List<Integer> rows = new ArrayList<>();
                    for (int i = random.nextInt(3); i >= 0; i--) {
                        rows.add(ids.incrementAndGet());
                        Sql.run(connection, "insert into " + table + " values (?)", rows.get(rows.size() - 1));
                    }
                    boolean watched = Sql.values(connection, IS_WATCHED, Long.class, table).get(0) > 0;
                    if (random.nextInt(5) == 0) {
                        connection.rollback();
                    } else {
                        connection.commit();
                        commits.incrementAndGet();
                        if (watched) {
                            logged.get(table).addAll(rows);
                        } else {
                            unlogged.addAndGet(rows.size());
                        }
                    }
                    Await.pause(Duration.ofMillis(random.nextInt(10)));
                }
            }
            return null;
        }

        void awaitMore() {
            int before = commits.get();
            Await.until(() -> commits.get() > before + 2 * NUMBER || running.isDone(), PATIENCE, "more is written");
        }

        void end() {
            ended.set(true);
            running.join();
        }

        Set<Integer> logged(String table) {
            return logged.get(table);
        }

        int unlogged() {
            return unlogged.get();
        }

        @Override
        public void close() {
            ended.set(true);
        }
    }

    @Test
    void aPublicationOfAllTablesTakesThoseOfTheApplicationAndNothingElse() {
        sql.run("create schema shop");
        sql.run("create table shop.orders (id int)");
        sql.run("create view shop.seen as select * from shop.orders");
        sql.run("create publication supabase_realtime for all tables");
        try (Instance instance = instance().start()) {
            Await.until(() -> watched().contains("shop.orders"), PATIENCE, "the table is watched");
            sql.run("create table shop.later (id int)");
            sql.run("create unlogged table shop.scratch (id int)");
            Await.until(() -> watched().contains("shop.later"), PATIENCE, "the table made later is watched");
            assertEquals(List.of("conversations", "messages", "shop.later", "shop.orders"), watched());
            sql.run("insert into shop.orders values (1)");
            assertEquals(1L, sql.value("select count(*) from parley.change_log where schema_name = 'shop'", Long.class));
        }
    }

    @Test
    void theSettingsNameTablesAndWhatIsNotThereIsNamed() {
        sql.run("create schema shop");
        sql.run("create table shop.\"Odd.Orders\" (id int)");
        try (Instance instance = instance().setting("parley.realtime.tables", "shop.\"Odd.Orders\",shop.missing").start()) {
            Await.until(() -> watched().contains("shop.\"Odd.Orders\""), PATIENCE, "the table is watched");
            Await.until(() -> instance.log().contains("parley.realtime.tables names shop.missing, and there is no such table"), PATIENCE, "the missing one is named");
            sql.run("create table shop.missing (id int)");
            Await.until(() -> watched().contains("shop.missing"), PATIENCE, "it is watched once it is there");
            assertEquals(1, instance.log().lines().filter(line -> line.contains("no such table")).count(), "said once");
        }
        try (Instance instance = instance().setting("parley.realtime.tables-interval", "50ms").start()) {
            Await.until(() -> watched().equals(List.of("conversations", "messages")), PATIENCE, "tables that the settings no longer name are let go");
        }
    }

    @Test
    void aReplicaWithOtherSettingsTakesNothingAwayAndOneThatGoesLeavesNothingBehind() {
        sql.run("create schema shop");
        sql.run("create table shop.orders (id int)");
        sql.run("create table shop.more (id int)");
        String triggers = "select string_agg(oid::text, ' ' order by oid) from pg_trigger where tgname like 'parley_log%' and tgrelid in ('public.messages'::regclass, 'shop.orders'::regclass)";
        try (Instance other = instance().setting("parley.realtime.tables", "shop.more").setting("parley.chat", "off").begin()) {
            try (Instance instance = instance().setting("parley.realtime.tables", "shop.orders").start()) {
                Await.until(() -> watched().contains("shop.orders"), PATIENCE, "the one's table is watched");
                String before = sql.value(triggers, String.class);
                other.kill();
                other.begin().awaitReady();
                sql.run("delete from parley.watched where table_name = 'more'");
                Await.until(() -> sql.value("select exists (select from parley.watched where table_name = 'more')", Boolean.class), PATIENCE, "the other has looked");
                assertEquals(before, sql.value(triggers, String.class));
            }
            // chat's are watched by hand, by the migration that makes them
            Await.until(() -> watched().equals(List.of("conversations", "messages", "shop.more")), PATIENCE, "what nobody wants any more is let go");
        }
    }

    /** A role that does not inherit has nothing from a plain membership. */
    @Test
    void aMissingRightIsNamedOnceAndWaitedFor() {
        sql.run("create role poor login noinherit");
        sql.run("create role shop");
        sql.run("grant create on database postgres to poor");
        sql.run("create schema shop authorization shop");
        sql.run("set role shop; create table shop.orders (id int primary key)");
        sql.run("create publication supabase_realtime for table shop.orders");
        try (Instance instance = instance().setting("quarkus.datasource.username", "poor").setting("parley.chat", "off").start()) {
            awaitLine(instance, "WARN", "shop.orders is not watched, a right is missing: grant usage on schema shop to poor");
            sql.run("grant usage on schema shop to poor");
            awaitLine(instance, "WARN", "shop.orders is not watched, a right is missing: grant trigger on shop.orders to poor");
            sql.run("grant trigger on shop.orders to poor");
            awaitLine(instance, "INFO", "watching shop.orders");
            sql.run("set role shop; insert into shop.orders values (1); update shop.orders set id = 2");
            assertEquals(List.of("{\"id\":1}"), sql.values("select old_record::text from parley.change_log where operation = 'UPDATE'", String.class));

            sql.run("alter publication supabase_realtime drop table shop.orders");
            sql.run(awaitAdvice(instance, "shop.orders goes on being watched, a right is missing: ", "grant shop to poor"));
            Await.until(() -> watched().isEmpty(), PATIENCE, "no longer watched");
            assertEquals(3, instance.log().lines().filter(line -> line.contains("a right is missing")).count(), instance::log);
        }
    }

    @Test
    void whatCannotBeWatchedAndWhatSomebodyHasDisabledIsNamedOnce() {
        sql.run("create foreign data wrapper nowhere; create server nowhere foreign data wrapper nowhere");
        sql.run("create table orders (id int) partition by range (id); create foreign table old_orders partition of orders for values from (0) to (10) server nowhere");
        sql.run("create table notes (id int)");
        sql.run("create publication supabase_realtime for table orders, notes");
        try (Instance instance = instance().start()) {
            awaitLine(instance, "WARN", "public.orders is not watched and can't be: public.old_orders is a foreign table");
            Await.until(() -> watched().contains("notes"), PATIENCE, "the other one is watched");
            sql.run("alter table notes disable trigger user");
            awaitLine(instance, "WARN", "public.notes is not watched as it should be, somebody has disabled its log triggers: alter table public.notes enable trigger ");
            sql.run("drop foreign table old_orders");
            awaitLine(instance, "INFO", "watching public.orders");
            assertEquals(2, complaints(instance).size(), instance::log);
        }
    }

    @Test
    void aTableThatSomebodyHoldsIsWatchedLaterAndHoldsUpNoOther() {
        sql.run("create table held (id int)");
        sql.run("create table free (id int)");
        try (Instance instance = instance().start()) {
            sql.with(connection -> {
                connection.setAutoCommit(false);
                Sql.run(connection, "insert into held values (1)");
                sql.run("create publication supabase_realtime for table held, free");
                Await.until(() -> watched().contains("free"), PATIENCE, "the other one is watched");
                awaitLine(instance, "WARN", "public.held is not watched as it should be, trying on: ");
                assertFalse(watched().contains("held"));
                connection.commit();
                return null;
            });
            Await.until(() -> watched().contains("held"), PATIENCE, "watched once it is let go");
        }
    }

    @Test
    void anApplicationsOwnTableMessagesIsWatchedWithoutChat() {
        sql.run("create table messages (id bigint generated always as identity primary key, conversation_id text, body json)");
        sql.run("create publication supabase_realtime for table messages");
        try (Instance instance = instance().setting("parley.chat", "off").start()) {
            Await.until(() -> watched().equals(List.of("messages")), PATIENCE, "the application's table is watched");
            sql.run("insert into messages (conversation_id, body) values (repeat('long ', 2000), '{\"nul\": \"\\u0000\"}')");
            sql.run("update messages set body = '1'");
            sql.run("delete from messages");
            assertEquals(List.of("INSERT", "UPDATE", "DELETE"), sql.values("select operation from parley.change_log order by id", String.class));
            assertEquals(List.of("messages"), sql.values("select tablename::text from pg_tables where schemaname = 'public'", String.class));
            assertTrue(instance.isAlive());
        }
    }

    /** Nor does this one inherit. */
    @Test
    void aSupabaseStacksSchemaStaysAsItIsAndTheMissingRightsAreNamed() {
        sql.run("create role supabase_admin");
        sql.run("create role poor login noinherit");
        sql.run("grant create on database postgres to poor");
        sql.run("create schema realtime authorization supabase_admin");
        sql.run("""
                set role supabase_admin;
                create table realtime.messages (topic text not null, extension text not null, payload jsonb, event text, private boolean default false,
                  updated_at timestamp not null default now(), inserted_at timestamp not null default now(), id uuid not null default gen_random_uuid(),
                  primary key (id, inserted_at)) partition by range (inserted_at);
                create function realtime.topic() returns text language sql as $$ select 'theirs' $$;
                """);
        String advice;
        try (Instance instance = instance().setting("quarkus.datasource.username", "poor").setting("parley.chat", "off").start()) {
            awaitLine(instance, "WARN", "a right is missing: grant usage on schema realtime to poor");
            advice = awaitAdvice(instance, "a right is missing: ", "grant supabase_admin to poor");
            assertEquals(0L, sql.value("select count(*) from pg_inherits where inhparent = 'realtime.messages'::regclass", Long.class));
        }
        sql.run(advice);
        try (Instance instance = instance().setting("quarkus.datasource.username", "poor").setting("parley.chat", "off").start()) {
            Await.until(() -> sql.value("select count(*) from pg_inherits where inhparent = 'realtime.messages'::regclass", Long.class) >= 5, PATIENCE, "partitions");
            assertEquals("theirs", sql.value("select realtime.topic()", String.class));
            sql.run("select realtime.send('{\"a\": 1}', 'ev', 'room')");
            Await.until(() -> sql.value("select count(*) from parley.change_log where schema_name = 'realtime'", Long.class) == 1, PATIENCE, "logged");
            assertEquals(List.of(), complaints(instance));
        }
    }

    private Instance.Builder instance() {
        return Instance.over(database).setting("parley.realtime.tables-interval", "100ms");
    }

    private List<String> watched() {
        return sql.values("""
                select tgrelid::regclass::text from pg_trigger
                where tgname = 'parley_log_insert' and tgrelid <> 'realtime.messages'::regclass order by 1""", String.class);
    }

    private static List<String> complaints(Instance instance) {
        return instance.log().lines().filter(line -> line.contains(" ERROR ") || line.contains(" WARN ") && line.contains("[de.pa.ch.")).toList();
    }

    /** The whole of the statement that the log names. */
    private static String awaitAdvice(Instance instance, String what, String beginning) {
        awaitLine(instance, "WARN", what + beginning);
        return instance.log().lines().filter(line -> line.contains(what + beginning)).map(line -> line.substring(line.indexOf(what) + what.length())).findFirst().orElseThrow();
    }

    private static void awaitLine(Instance instance, String level, String text) {
        Await.until(() -> instance.log().lines().anyMatch(line -> line.contains(" " + level) && line.contains(text)), PATIENCE,
                () -> "the log says " + text + ", but\n" + instance.log());
    }
}
