package dev.parley.changes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.parley.testing.Await;
import dev.parley.testing.Instance;
import dev.parley.testing.Sql;
import dev.parley.testing.TestPostgres;
import java.time.Duration;
import java.util.List;
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

    @Test
    void replicasFollowThePublicationWhileItChangesUnderLoad() {
        sql.run("create table orders (id int primary key) partition by range (id)");
        sql.run("create table orders_0 partition of orders for values from (0) to (1000000)");
        sql.run("create table notes (id int)");
        sql.run("create publication supabase_realtime");
        try (Instance one = instance().begin(); Instance other = instance().begin()) {
            one.awaitReady();
            other.awaitReady();
            for (int round = 0; round < 5; round++) {
                sql.run("alter publication supabase_realtime add table orders, notes");
                Await.until(() -> watched().containsAll(List.of("orders", "orders_0", "notes")), PATIENCE, () -> "watched, there are " + watched());
                String partition = "orders_" + (round + 1);
                sql.run("create table " + partition + " partition of orders for values from (" + (round + 1) + "000000) to (" + (round + 2) + "000000)");
                sql.run("insert into orders values (" + round + "), (" + (round + 1) + "000001)");
                Await.until(() -> watched().contains(partition), PATIENCE, () -> partition + " watched, there are " + watched());
                sql.run("alter publication supabase_realtime drop table orders, notes");
                Await.until(() -> watched().equals(List.of("conversations", "messages")), PATIENCE, () -> "no longer watched, there are " + watched());
            }
            assertEquals(10L, sql.value("select count(*) from parley.change_log where table_name = 'orders'", Long.class));
            for (Instance instance : List.of(one, other)) {
                assertEquals(List.of(), complaints(instance));
            }
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
        try (Instance instance = instance().start()) {
            Await.until(() -> watched().equals(List.of("conversations", "messages")), PATIENCE, "tables that the settings no longer name are let go");
        }
    }

    @Test
    void aMissingRightIsNamedOnceAndWaitedFor() {
        sql.run("create role poor login");
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
            awaitLine(instance, "WARN", "shop.orders goes on being watched, a right is missing: grant shop to poor");
            sql.run("grant shop to poor");
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

    @Test
    void aSupabaseStacksSchemaStaysAsItIsAndTheMissingRightsAreNamed() {
        sql.run("create role supabase_admin");
        sql.run("create role poor login");
        sql.run("grant create on database postgres to poor");
        sql.run("create schema realtime authorization supabase_admin");
        sql.run("""
                set role supabase_admin;
                create table realtime.messages (topic text not null, extension text not null, payload jsonb, event text, private boolean default false,
                  updated_at timestamp not null default now(), inserted_at timestamp not null default now(), id uuid not null default gen_random_uuid(),
                  primary key (id, inserted_at)) partition by range (inserted_at);
                create function realtime.topic() returns text language sql as $$ select 'theirs' $$;
                """);
        try (Instance instance = instance().setting("quarkus.datasource.username", "poor").setting("parley.chat", "off").start()) {
            awaitLine(instance, "WARN", "a right is missing: grant usage on schema realtime to poor");
            awaitLine(instance, "WARN", "a right is missing: grant supabase_admin to poor");
            assertEquals(0L, sql.value("select count(*) from pg_inherits where inhparent = 'realtime.messages'::regclass", Long.class));
        }
        sql.run("grant supabase_admin to poor");
        try (Instance instance = instance().setting("quarkus.datasource.username", "poor").setting("parley.chat", "off").start()) {
            Await.until(() -> sql.value("select count(*) from pg_inherits where inhparent = 'realtime.messages'::regclass", Long.class) >= 5, PATIENCE, "partitions");
            assertEquals("theirs", sql.value("select realtime.topic()", String.class));
            sql.run("select realtime.send('{\"a\": 1}', 'ev', 'room')");
            Await.until(() -> sql.value("select count(*) from parley.change_log where schema_name = 'realtime'", Long.class) == 1, PATIENCE, "logged");
            assertEquals(List.of(), complaints(instance));
        }
    }

    private Instance.Builder instance() {
        return Instance.over(database).setting("parley.realtime.tables-interval", "200ms");
    }

    private List<String> watched() {
        return sql.values("""
                select tgrelid::regclass::text from pg_trigger
                where tgname = 'parley_log_insert' and tgrelid <> 'realtime.messages'::regclass order by 1""", String.class);
    }

    private static List<String> complaints(Instance instance) {
        return instance.log().lines().filter(line -> line.contains(" ERROR ") || line.contains(" WARN ") && line.contains("[de.pa.ch.")).toList();
    }

    private static void awaitLine(Instance instance, String level, String text) {
        Await.until(() -> instance.log().lines().anyMatch(line -> line.contains(" " + level) && line.contains(text)), PATIENCE,
                () -> "the log says " + text + ", but\n" + instance.log());
    }
}
