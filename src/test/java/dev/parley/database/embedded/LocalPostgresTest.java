package dev.parley.database.embedded;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.parley.database.DatabaseSetupException;
import dev.parley.database.EmbeddedServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class LocalPostgresTest {

    private Path data;

    @BeforeEach
    void chooseFolder() throws IOException {
        Path home = Files.createDirectories(Path.of("target", "test-postgres").toAbsolutePath());
        data = Files.createTempDirectory(home, "local");
    }

    @AfterEach
    void removeFolder() throws IOException {
        DataFolder.deleteTree(data);
        Files.deleteIfExists(data.resolveSibling(data.getFileName() + ".lock"));
    }

    @Test
    void aCommitSurvivesTheDeathOfTheService() throws Exception {
        Process service = anotherService();
        int port;
        try (BufferedReader says = service.inputReader()) {
            port = Integer.parseInt(says.readLine());
        }
        execute(port, "create table survivor as select 42 as answer");
        Postmaster orphan = Postmaster.read(data.resolve("postmaster.pid")).orElseThrow();
        service.destroyForcibly().waitFor();
        assertTrue(orphan.isRunning(), "the killed service leaves its server behind");

        try (EmbeddedServer server = start()) {
            assertEquals("42", ask(server.port(), "select answer from survivor"));
            assertFalse(orphan.isRunning(), "the server left behind is stopped");
        }
    }

    @Test
    void aSecondServiceIsRefusedAndTheFirstGoesOn() throws Exception {
        Process first = anotherService();
        try (BufferedReader says = first.inputReader()) {
            int port = Integer.parseInt(says.readLine());
            String message = assertThrows(DatabaseSetupException.class, this::start).getMessage();
            assertTrue(message.contains("in use by another Parley (process " + first.pid() + ")"), message);
            assertEquals("1", ask(port, "select 1"));
        } finally {
            first.destroyForcibly().waitFor();
            start().close();
        }
    }

    @Test
    void aProcessThatOnlyBearsTheOldNumberIsNotTouched() throws Exception {
        start().close();
        Process stranger = new ProcessBuilder("sleep", "600").start();
        try {
            Files.writeString(data.resolve("postmaster.pid"),
                    stranger.pid() + "\n" + data + "\n" + Instant.now().getEpochSecond() + "\n5432\n\n127.0.0.1\n\nready\n");
            start().close();
            assertTrue(stranger.isAlive(), "a process that is no PostgreSQL was stopped");
        } finally {
            stranger.destroyForcibly();
        }
    }

    @Test
    void aDatabaseOfSomebodyElseIsRefused() throws Exception {
        Files.writeString(data.resolve("PG_VERSION"), "17\n");
        String message = assertThrows(DatabaseSetupException.class, this::start).getMessage();
        assertTrue(message.contains("that Parley did not make"), message);
    }

    @Test
    void aFolderOfAnotherPostgresVersionIsRefused() throws Exception {
        start().close();
        Files.writeString(data.resolve("PG_VERSION"), "12\n");
        String message = assertThrows(DatabaseSetupException.class, this::start).getMessage();
        assertTrue(message.contains("was made by PostgreSQL 12, the embedded one is "), message);
    }

    @Test
    void anInterruptedCreationIsBegunAgain() throws Exception {
        Path unfinished = Files.createDirectories(data.resolveSibling(data.getFileName() + ".new"));
        Files.writeString(unfinished.resolve("PG_VERSION"), "17\n");
        try (EmbeddedServer server = start()) {
            assertEquals("1", ask(server.port(), "select 1"));
        }
    }

    @Test
    void aDurableServerFlushesItsCommitsAndListensToThisMachineOnly() throws Exception {
        try (EmbeddedServer server = start()) {
            assertEquals("on", ask(server.port(), "show fsync"));
            assertEquals("on", ask(server.port(), "show synchronous_commit"));
            assertEquals("127.0.0.1", ask(server.port(), "show listen_addresses"));
            assertTrue(Integer.parseInt(ask(server.port(), "show max_connections")) >= 100);
        }
    }

    @Test
    void aThrowAwayServerLeavesNothing() {
        new LocalPostgres().start(new EmbeddedServer.Options(data, 0, false)).close();
        assertFalse(Files.exists(data), "the folder is still there");
    }

    private EmbeddedServer start() {
        return new LocalPostgres().start(new EmbeddedServer.Options(data, 0, true));
    }

    /** A process of its own that runs the server in the same folder and prints its port. */
    private Process anotherService() throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp", System.getProperty("java.class.path"), Holder.class.getName(), data.toString())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
    }

    private static void execute(int port, String sql) throws SQLException {
        try (Connection connection = connect(port); Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static String ask(int port, String query) throws SQLException {
        try (Connection connection = connect(port);
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(query)) {
            rows.next();
            return rows.getString(1);
        }
    }

    private static Connection connect(int port) throws SQLException {
        return DriverManager.getConnection("jdbc:postgresql://127.0.0.1:" + port + "/postgres", EmbeddedServer.USER, "");
    }

    /** Stands for a service: it runs a server until it is killed. */
    static final class Holder {

        public static void main(String[] folder) throws InterruptedException {
            EmbeddedServer server =
                    new LocalPostgres().start(new EmbeddedServer.Options(Path.of(folder[0]), 0, true));
            System.out.println(server.port());
            Thread.currentThread().join();
        }
    }
}
