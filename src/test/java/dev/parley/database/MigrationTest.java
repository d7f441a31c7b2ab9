package dev.parley.database;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.parley.testing.Await;
import dev.parley.testing.Sql;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.ds.PGSimpleDataSource;

@QuarkusTest
class MigrationTest {

    private static final String FAILED = "select count(*) from parley.flyway_schema_history where not success";
    private static final String APPLIED = "select count(*) from parley.flyway_schema_history where version is not null";
    private static final String DISTINCT = "select count(distinct version) from parley.flyway_schema_history";

    @Inject
    Flyway flyway;

    @Inject
    ScratchDatabases databases;

    @Test
    void replicasThatStartAtOnceMigrateOnce() throws Exception {
        PGSimpleDataSource empty = databases.empty("at_once");
        int replicas = 4;
        CountDownLatch start = new CountDownLatch(replicas);
        ExecutorService executor = Executors.newFixedThreadPool(replicas);
        List<Future<String>> running = new ArrayList<>();
        for (int i = 0; i < replicas; i++) {
            running.add(executor.submit(() -> {
                start.countDown();
                start.await();
                return migration(empty, true).run(waiting -> {});
            }));
        }
        for (Future<String> replica : running) {
            replica.get(2, TimeUnit.MINUTES);
        }
        executor.shutdown();

        long applied = count(empty, APPLIED);
        assertTrue(applied > 0, "no migration was applied");
        assertEquals(applied, count(empty, DISTINCT), "a migration was applied twice");
        assertEquals(0, count(empty, FAILED), "a migration failed");
        assertEquals(0, count(empty, "select count(*) from pg_locks where locktype = 'advisory' and database = "
                + "(select oid from pg_database where datname = current_database())"), "the lock was not given back");
    }

    /** Where not every escape can be read: a program that writes such json goes on, and its keys are logged. */
    @ParameterizedTest
    @ValueSource(strings = {"LATIN1", "SQL_ASCII", "UTF8"})
    void inADatabaseOfAnyEncodingAWatchedTableTakesAnyEscape(String encoding) throws Exception {
        PGSimpleDataSource database = databases.empty("encoded", encoding);
        migration(database, true).run(waiting -> {});
        Sql sql = Sql.on(database);
        String json = "{\"t\":\"\\u2019 \\u00e4 \\u0041 \\\\u2019 \\u0000 \\ud83d\"}";
        sql.run("create table notes (id int primary key, note json, body text)");
        sql.run("select parley.watch('notes')");
        sql.run("insert into notes (id, note) values (1, ?::json)", json);
        sql.run("update notes set id = 2");
        sql.run("update notes set body = repeat('large', 2000000)");
        assertEquals(List.of("{\"id\":2,\"note\":" + json + ",\"body\":null}|{\"id\":1}",
                "{\"id\":2,\"note\":" + (encoding.equals("UTF8") ? json.replaceAll("u(0000|d83d)", "ufffd") : "{\"t\":\"? ? \\u0041 \\\\u2019 ? ?\"}") + "}|{\"id\":2}"),
                sql.rows("select record, old_record from parley.change_log where operation = 'UPDATE' order by id"));
    }

    @Test
    void aDatabaseWhoseSessionsAreReadOnlyByDefaultIsMigrated() throws Exception {
        PGSimpleDataSource empty = databases.empty("read_only");
        Sql.on(empty).run("alter database read_only set default_transaction_read_only = on");
        migration(empty, true).run(waiting -> {});
        assertEquals(0, count(empty, FAILED));
    }

    @Test
    void withoutChatThePublicSchemaIsLeftAlone() throws Exception {
        PGSimpleDataSource empty = databases.empty("without_chat");
        migration(empty, false).run(waiting -> {});
        assertEquals(0, count(empty, "select count(*) from pg_tables where schemaname = 'public'"));
        assertTrue(count(empty, "select count(*) from pg_tables where schemaname = 'parley'") > 1, "no internals");

        migration(empty, true).run(waiting -> {});
        assertTrue(count(empty, "select count(*) from pg_tables where schemaname = 'public'") > 1, "chat was not added later");
        assertEquals("0 migrations applied", lastPart(migration(empty, false).run(waiting -> {})),
                "and switching it off again disturbs nothing");
    }

    @Test
    void noSuperuserIsNeededButTheRightsAreNamed() throws Exception {
        PGSimpleDataSource empty = databases.empty("rights");
        Sql.on(empty).run("drop role if exists plain");
        Sql.on(empty).run("create role plain login");
        Sql.on(empty).run("revoke create on schema public from public");
        PGSimpleDataSource plain = databases.named("rights", "plain", "any");

        assertProblem(plain, "a right is missing (permission denied for database rights");
        Sql.on(empty).run("grant create on database rights to plain");
        assertProblem(plain, "a right is missing (permission denied for schema public");
        Sql.on(empty).run("grant create on schema public to plain");
        migration(plain, true).run(waiting -> {});
        assertEquals(0, count(empty, FAILED));
    }

    @Test
    void aDatabaseThatIsNotThereIsNamed() {
        assertProblem(databases.named("nowhere"), "is not there (database \"nowhere\" does not exist)");
    }

    @Test
    void aServerThatIsNotThereIsNamed() {
        PGSimpleDataSource closed = databases.named("postgres");
        closed.setPortNumbers(new int[] {1});
        assertProblem(closed, "can't be reached (ConnectException: Connection refused)");
    }

    @Test
    void aWrongPasswordIsNamed() throws Exception {
        PGSimpleDataSource server = databases.named("postgres");
        Sql.on(server).run("drop role if exists careful");
        Sql.on(server).run("create role careful login password 'right'");
        Path accessFile = Path.of(Sql.on(server).value("show hba_file", String.class));
        String access = Files.readString(accessFile);
        try {
            Files.writeString(accessFile, "host all careful 127.0.0.1/32 scram-sha-256\n" + access);
            Sql.on(server).run("select pg_reload_conf()");
            // The server reloads on a signal, in its own time
            Await.until(() -> describe(databases.named("postgres", "careful", "wrong"))
                    .contains("refuses the login (password authentication failed for user \"careful\")"),
                    Duration.ofSeconds(10), "the wrong password is named");
        } finally {
            Files.writeString(accessFile, access);
            Sql.on(server).run("select pg_reload_conf()");
        }
    }

    @Test
    void aServerThatIsTooOldIsNamedWithItsVersion() {
        // No server that old can be had as a package; all that is asked of it is its version
        DatabaseMetaData old = proxy(DatabaseMetaData.class, "getDatabaseMajorVersion", 12, "getDatabaseProductVersion", "12.22");
        Connection connection = proxy(Connection.class, "getMetaData", old, "close", null);
        assertProblem(proxy(DataSource.class, "getConnection", connection), "PostgreSQL 13 or newer is required, this is 12.22");
    }

    private void assertProblem(DataSource dataSource, String expected) {
        String line = describe(dataSource);
        assertTrue(line.contains(expected), () -> "expected \"" + expected + "\" in: " + line);
        assertEquals(1, line.lines().count(), () -> "more than one line: " + line);
    }

    private String describe(DataSource dataSource) {
        Exception failure = assertThrows(Exception.class, () -> migration(dataSource, true).run(waiting -> {}));
        return DatabaseProblem.at(databases.url()).describe(failure);
    }

    private Migration migration(DataSource dataSource, boolean chat) {
        return new Migration(dataSource, flyway.getConfiguration(), chat);
    }

    private static long count(DataSource database, String query) {
        return Sql.on(database).value(query, Long.class);
    }

    private static String lastPart(String summary) {
        return summary.substring(summary.lastIndexOf(", ") + 2);
    }

    /** Answers the given methods with the given values and no others. */
    private static <T> T proxy(Class<T> type, Object... methodsAndAnswers) {
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, (self, method, arguments) -> {
            for (int i = 0; i < methodsAndAnswers.length; i += 2) {
                if (methodsAndAnswers[i].equals(method.getName())) {
                    return methodsAndAnswers[i + 1];
                }
            }
            throw new UnsupportedOperationException(method.toString());
        }));
    }
}
