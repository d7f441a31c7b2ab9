package dev.parley.changes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.quarkus.test.junit.QuarkusTest;
import io.vertx.sqlclient.Pool;
import jakarta.inject.Inject;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** An update logs of the old row what the table's replica identity says, row for row. */
@QuarkusTest
class OldRecordTest {

    private static final String LOGGED = "olds.t";

    @Inject
    Statements sql;

    @Inject
    Pool pool;

    @BeforeEach
    void schema() {
        sql.run("create schema olds", "delete from parley.change_log where schema_name = 'olds'");
    }

    @AfterEach
    void drop() {
        sql.run("drop schema olds cascade", "delete from parley.watched where schema_name = 'olds'");
    }

    @Test
    void byDefaultThePrimaryKey() {
        sql.run("create table olds.t (v text, b int, a int, primary key (a, b))", "select parley.watch('olds.t')",
                "insert into olds.t values ('x', 2, 1)", "update olds.t set v = 'y', b = 3", "delete from olds.t");
        assertEquals(List.of(
                "INSERT|{\"v\":\"x\",\"b\":2,\"a\":1}|null",
                "UPDATE|{\"v\":\"y\",\"b\":3,\"a\":1}|{\"a\":1,\"b\":2}",
                "DELETE|null|{\"v\":\"y\",\"b\":3,\"a\":1}"), sql.log(LOGGED));
    }

    @Test
    void withIdentityFullTheWholeRow() {
        sql.run("create table olds.t (id int primary key, v text)", "alter table olds.t replica identity full", "select parley.watch('olds.t')",
                "insert into olds.t values (1, 'x')", "update olds.t set v = 'y'");
        assertEquals("UPDATE|{\"id\":1,\"v\":\"y\"}|{\"id\":1,\"v\":\"x\"}", sql.log(LOGGED).get(1));
    }

    @Test
    void withAnIndexItsColumns() {
        sql.run("create table olds.t (id int primary key, code text not null, v text)", "create unique index other on olds.t (code) include (v)",
                "alter table olds.t replica identity using index other", "select parley.watch('olds.t')",
                "insert into olds.t values (1, 'c', 'x')", "update olds.t set v = 'y'");
        assertEquals("UPDATE|{\"id\":1,\"code\":\"c\",\"v\":\"y\"}|{\"code\":\"c\"}", sql.log(LOGGED).get(1));
    }

    @Test
    void withoutAKeyOrIdentityNothing() {
        sql.run("create table olds.t (v text)", "create table olds.n (id int primary key)", "alter table olds.n replica identity nothing",
                "select parley.watch('olds.t')", "select parley.watch('olds.n')",
                "insert into olds.t values ('x')", "update olds.t set v = 'y'", "insert into olds.n values (1)", "update olds.n set id = 2");
        assertEquals("UPDATE|{\"v\":\"y\"}|null", sql.log(LOGGED).get(1));
        assertEquals("UPDATE|{\"id\":2}|null", sql.log("olds.n").get(1));
    }

    @Test
    void manyRowsStayInStepAndInOrder() {
        sql.run("create table olds.t (id int primary key, v int)", "alter table olds.t replica identity full", "select parley.watch('olds.t')",
                "insert into olds.t values (0, 0)");
        for (int i = 0; i < 10; i++) {
            sql.run("update olds.t set v = v - 1"); // plans made for one row
        }
        sql.run("insert into olds.t select n, n from generate_series(1, 50000) n", "update olds.t set v = v + 1000000 where id > 0");
        assertEquals("50000|50000|t", sql.value("""
                select count(*), count(distinct record ->> 'id'),
                       bool_and(record ->> 'id' = old_record ->> 'id' and (record ->> 'v')::int = (old_record ->> 'v')::int + 1000000)
                from parley.change_log where schema_name = 'olds' and operation = 'UPDATE' and record ->> 'id' <> '0'"""));
    }

    @Test
    void aRowThatMovesToAnotherPartitionStaysInStep() {
        sql.run("create table olds.t (id int primary key, v text) partition by range (id)",
                "create table olds.t1 partition of olds.t for values from (0) to (10)", "create table olds.t2 partition of olds.t for values from (10) to (20)",
                "alter table olds.t replica identity full", "select parley.watch('olds.t')",
                "insert into olds.t values (1, 'a'), (2, 'b'), (11, 'c')",
                "update olds.t set v = v || '!', id = case id when 2 then 12 when 11 then 3 else id end");
        assertEquals(List.of(
                "UPDATE|{\"id\":1,\"v\":\"a!\"}|{\"id\":1,\"v\":\"a\"}",
                "UPDATE|{\"id\":12,\"v\":\"b!\"}|{\"id\":2,\"v\":\"b\"}",
                "UPDATE|{\"id\":3,\"v\":\"c!\"}|{\"id\":11,\"v\":\"c\"}"), sql.log(LOGGED).subList(3, 6));
    }

    @Test
    void whereATriggerSwallowsAMovedRowNoOldRowIsToldRatherThanAWrongOne() {
        sql.run("create table olds.t (id int primary key, v text) partition by range (id)",
                "create table olds.t1 partition of olds.t for values from (0) to (10)", "create table olds.t2 partition of olds.t for values from (10) to (20)",
                "create function olds.swallow() returns trigger language plpgsql as $$ begin if new.id = 12 then return null; end if; return new; end $$",
                "create trigger swallow before insert on olds.t2 for each row execute function olds.swallow()", "select parley.watch('olds.t')",
                "insert into olds.t values (1, 'a'), (2, 'b'), (3, 'c')", "update olds.t set id = id + 10");
        assertEquals(List.of("UPDATE|{\"id\":11,\"v\":\"a\"}|null", "UPDATE|{\"id\":13,\"v\":\"c\"}|null"), sql.log(LOGGED).subList(3, 5));
    }

    @Test
    void namesAndValuesOfAnyKind() {
        sql.run("create table olds.\"Weird \"\"Tab.le\" (\"The \"\"Key\" text, \"full\" text, new_rows json, n int, primary key (\"The \"\"Key\", \"full\"))",
                "select parley.watch('olds.\"Weird \"\"Tab.le\"')",
                "insert into olds.\"Weird \"\"Tab.le\" values ('k', 'f', '{\"nul\": \"\\u0000\"}', 1)",
                "update olds.\"Weird \"\"Tab.le\" set n = 2");
        List<String> log = sql.log("olds.Weird \"Tab.le");
        assertEquals("UPDATE|{\"The \\\"Key\":\"k\",\"full\":\"f\",\"new_rows\":{\"nul\": \"\\u0000\"},\"n\":2}|{\"The \\\"Key\":\"k\",\"full\":\"f\"}", log.get(1));
    }

    @Test
    void whatIsLoggedIsCounted() {
        sql.run("create table olds.t (id int primary key, v text)", "alter table olds.t replica identity full", "select parley.watch('olds.t')",
                "insert into olds.t values (1, 'x')", "update olds.t set v = 'yy'", "delete from olds.t");
        assertTrue(sql.rows("""
                select bytes = octet_length(coalesce(record::text, '')) + octet_length(coalesce(old_record::text, ''))
                from parley.change_log where schema_name = 'olds'""").stream().allMatch("t"::equals));
    }

    /** As a session does that begins so: what it has read wrongly it would keep. */
    @Test
    void howTheWritersSessionReadsPlainLiteralsHasNoSay() {
        sql.run("create table olds.t (id int primary key, note json, v text)", "select parley.watch('olds.t')", "insert into olds.t values (1, '{\"nul\": \"\\u0000\"}')");
        sql.ask(statement -> {
            statement.execute("discard plans");
            statement.execute("set standard_conforming_strings = off");
            try {
                statement.execute("update olds.t set id = 2");
                statement.execute("select parley.keep_message_partitions('72 hours'), parley.drop_message_partition('72 hours')");
            } finally {
                statement.execute("set standard_conforming_strings = on");
            }
            return null;
        });
        sql.run("update olds.t set v = repeat('large', 2000000)");
        assertEquals(List.of("UPDATE|{\"id\":2,\"note\":{\"nul\": \"\\u0000\"},\"v\":null}|{\"id\":1}", "UPDATE|{\"id\":2,\"note\":{\"nul\": \"\\ufffd\"}}|{\"id\":2}"),
                sql.log(LOGGED).subList(1, 3));
    }

    @Test
    void theWritersDateStyleDoesNotLeakIntoARange() {
        sql.run("create table olds.t (id int primary key, during tstzrange)", "select parley.watch('olds.t')");
        // not by JDBC: its driver gives a connection up whose date style it does not know, and up to PostgreSQL 13 hears of each change
        pool.query("""
                do $$ begin
                  set local datestyle = 'SQL, DMY'; set local timezone = 'Asia/Kathmandu';
                  insert into olds.t values (1, '[2026-01-02 00:00:00+00, 2026-01-03 00:00:00+00)'::tstzrange);
                  set local datestyle = 'ISO, MDY'; set local timezone = 'UTC';
                end $$""").execute().toCompletionStage().toCompletableFuture().join();
        assertEquals("INSERT|{\"id\":1,\"during\":\"[\\\"2026-01-02 00:00:00+00\\\",\\\"2026-01-03 00:00:00+00\\\")\"}|null", sql.log(LOGGED).get(0));
    }
}
