package dev.parley.database;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.parley.testing.Sql;
import io.quarkus.test.junit.QuarkusTest;
import io.vertx.core.Vertx;
import jakarta.inject.Inject;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
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

    @Inject
    Flyway flyway;

    @Inject
    Vertx vertx;

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

    private void migrate(PGSimpleDataSource database, boolean chat) throws Exception {
        new Migration(database, flyway.getConfiguration(), chat).run(waiting -> {});
    }

    private boolean isCurrent(PGSimpleDataSource database, boolean chat) throws Exception {
        String url = DatabaseUrls.reactiveFromJdbc(databases.url()).replaceFirst("/[^/]*$", "/" + database.getDatabaseName());
        Connections there = new Connections(vertx, Optional.of(List.of(url)), Optional.of(database.getUser()), Optional.of(database.getPassword()));
        return SchemaRecord.isCurrent(there, chat).toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    }
}
