package dev.parley.database;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.parley.testing.Await;
import dev.parley.testing.Sql;
import io.quarkus.test.junit.QuarkusTest;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgConnection;
import jakarta.inject.Inject;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.sql.Connection;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

/** A start over a schema that is in place asks one question; over any other it migrates. */
@QuarkusTest
class SchemaRecordTest {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @Inject
    Flyway flyway;

    @Inject
    Vertx vertx;

    @Inject
    DatabaseLoop loop;

    @Inject
    ScratchDatabases databases;

    @Test
    void theNameIsThatOfTheMigrationsAsTheyAre() throws Exception {
        Path folder = Path.of("src/main/resources/db/migration");
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        List<Path> files;
        try (Stream<Path> all = Files.walk(folder)) {
            files = all.filter(Files::isRegularFile).sorted().toList();
        }
        for (Path file : files) {
            digest.update((folder.relativize(file) + "\n").getBytes(StandardCharsets.UTF_8));
            digest.update(Files.readAllBytes(file));
        }
        assertEquals(HexFormat.of().formatHex(digest.digest(), 0, 8), SchemaRecord.MIGRATIONS, "the migrations have changed: SchemaRecord.MIGRATIONS follows them");
    }

    @Test
    void aMigratedSchemaSaysSo() throws Exception {
        PGSimpleDataSource database = databases.empty("recorded");
        assertFalse(isCurrent(database, true), "an empty database");
        migrate(database, true);
        assertTrue(isCurrent(database, true), "a migrated one");
        assertFalse(isCurrent(database, false), "one with chat, for a service without");
        migrate(database, false);
        assertTrue(isCurrent(database, false));
        assertFalse(isCurrent(database, true), "one that a service without chat looked after last");
    }

    @Test
    void aSchemaThatAnotherVersionMadeLastIsMigrated() throws Exception {
        PGSimpleDataSource database = databases.empty("elsewhere");
        migrate(database, true);
        Sql.on(database).run("update parley.schema_record set migrations = 'of another version'");
        assertFalse(isCurrent(database, true));
        migrate(database, true);
        assertTrue(isCurrent(database, true));
    }

    @Test
    void aDatabaseThatCannotBeAskedIsNotTakenForCurrent() {
        assertThrows(Exception.class, () -> isCurrent(databases.named("nowhere"), true));
    }

    @Test
    void aConnectionThatFoundTheSchemaIsGivenAwayOnce() throws Exception {
        PGSimpleDataSource database = databases.empty("first");
        FirstConnection first = first(database);
        assertFalse(answer(first.findsSchema(true)));
        assertTrue(taken(first).isEmpty(), "it found another schema");
        migrate(database, true);
        assertTrue(answer(first.findsSchema(true)));
        PgConnection taken = taken(first).orElseThrow();
        assertEquals(1, answer(taken.query("select 1").execute()).size(), "it is alive");
        assertTrue(taken(first).isEmpty());
        answer(taken.close());
        awaitNoConnection(database);
    }

    @Test
    void aConnectionThatNobodyTakesIsClosedWhenItIsGivenUp() throws Exception {
        PGSimpleDataSource database = databases.empty("late");
        migrate(database, true);
        FirstConnection first = first(database);
        assertTrue(answer(first.findsSchema(true)));
        first.giveUp();
        awaitNoConnection(database);
        assertTrue(taken(first).isEmpty());
        assertThrows(Exception.class, () -> answer(first.findsSchema(true)), "nobody waits for it any more");
        awaitNoConnection(database);
    }

    @Test
    void aConnectionThatGetsNoAnswerIsClosedWhenItIsGivenUp() throws Exception {
        PGSimpleDataSource database = databases.empty("silent");
        migrate(database, true);
        FirstConnection first = first(database);
        try (Connection holder = database.getConnection()) {
            holder.setAutoCommit(false);
            Sql.run(holder, "lock table parley.schema_record in access exclusive mode");
            first.findsSchema(true);
            Await.until(() -> connections(database) == 1, PATIENCE, "it asks");
            first.giveUp();
            assertTrue(taken(first).isEmpty());
        }
        awaitNoConnection(database);
    }

    private static void awaitNoConnection(PGSimpleDataSource database) {
        Await.until(() -> connections(database) == 0, PATIENCE, "no connection is left");
    }

    private static long connections(PGSimpleDataSource database) {
        return Sql.on(database).value("select count(*) from pg_stat_activity where datname = current_database() and application_name = 'parley-tail'", Long.class);
    }

    private Optional<PgConnection> taken(FirstConnection first) throws Exception {
        Promise<Optional<PgConnection>> taken = Promise.promise();
        loop.context().runOnContext(ignored -> taken.complete(first.take()));
        return answer(taken.future());
    }

    private void migrate(PGSimpleDataSource database, boolean chat) throws Exception {
        new Migration(database, flyway.getConfiguration(), chat).run(waiting -> {});
    }

    private boolean isCurrent(PGSimpleDataSource database, boolean chat) throws Exception {
        FirstConnection first = first(database);
        try {
            return answer(first.findsSchema(chat));
        } finally {
            first.giveUp();
        }
    }

    private FirstConnection first(PGSimpleDataSource database) {
        String url = DatabaseUrls.reactiveFromJdbc(databases.url()).replaceFirst("/[^/]*$", "/" + database.getDatabaseName());
        return new FirstConnection(TestDatabase.connections(vertx, url, database.getUser(), database.getPassword()), loop);
    }

    private static <T> T answer(Future<T> future) throws Exception {
        return future.toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    }
}
