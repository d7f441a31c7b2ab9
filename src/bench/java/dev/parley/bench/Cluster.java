package dev.parley.bench;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.tukaani.xz.XZInputStream;

/** A PostgreSQL server of the suite's own with {@code fsync} on, thrown away at the end. */
final class Cluster implements AutoCloseable {

    static final String USER = "postgres";

    private static final String SETTINGS = """
            listen_addresses = '127.0.0.1'
            unix_socket_directories = ''
            fsync = on
            synchronous_commit = on
            full_page_writes = on
            shared_buffers = 256MB
            max_wal_size = 4GB
            max_connections = 300
            """;

    private final Path programs;
    private final Path data;
    private final int port = Commands.freePort();

    private Cluster(Path programs, Path data) {
        this.programs = programs;
        this.data = data;
    }

    /** @param programs the folder of {@code initdb} and its like; null for the newest that is installed, or the embedded ones */
    static Cluster start(Path programs) {
        try {
            delete(Commands.HOME.resolve("postgres"));
            Path data = Files.createDirectories(Commands.HOME).resolve("postgres");
            Cluster cluster = new Cluster(programs != null ? programs : find(), data);
            cluster.program("initdb", "-D", data.toString(), "-U", USER, "-A", "trust", "-E", "UTF8", "--no-locale", "-N");
            Files.writeString(data.resolve("postgresql.conf"), SETTINGS + "port = " + cluster.port + "\n");
            Runtime.getRuntime().addShutdownHook(new Thread(() -> cluster.stop("immediate")));
            cluster.program("pg_ctl", "start", "-w", "-t", "60", "-D", data.toString(), "-l", Commands.log("postgres").toString());
            return cluster;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    int port() {
        return port;
    }

    /** A program beside {@code postgres}; null where this installation has none, as the embedded one has no {@code pgbench}. */
    Path client(String name) {
        return Stream.of(programs.resolve(name), Path.of("/usr/bin", name)).filter(Files::isExecutable).findFirst().orElse(null);
    }

    String jdbcUrl(String database) {
        return "jdbc:postgresql://127.0.0.1:" + port + "/" + database;
    }

    String reactiveUrl(String database) {
        return "postgresql://127.0.0.1:" + port + "/" + database;
    }

    Connection connect(String database) {
        try {
            return DriverManager.getConnection(jdbcUrl(database), USER, "");
        } catch (SQLException e) {
            throw new BenchException("PostgreSQL: " + e.getMessage());
        }
    }

    void create(String database) {
        run("postgres", "create database " + database);
    }

    /** Runs statements in a transaction of their own. */
    void run(String database, String sql) {
        try (Connection connection = connect(database); Statement statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new BenchException(e.getMessage() + " in " + sql);
        }
    }

    /** The first column of the first row, as text. */
    String value(String database, String sql) {
        try (Connection connection = connect(database); Statement statement = connection.createStatement(); ResultSet rows = statement.executeQuery(sql)) {
            rows.next();
            return rows.getString(1);
        } catch (SQLException e) {
            throw new BenchException(e.getMessage() + " in " + sql);
        }
    }

    @Override
    public void close() {
        stop("immediate");
        try {
            delete(data);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private synchronized void stop(String mode) {
        if (Files.exists(data.resolve("postmaster.pid"))) {
            program("pg_ctl", "stop", "-w", "-D", data.toString(), "-m", mode);
        }
    }

    private void program(String name, String... arguments) {
        List<String> command = new ArrayList<>();
        if (System.getProperty("user.name").equals("root")) {
            // PostgreSQL refuses to run as root; in a user namespace of its own it does not see that it does
            command.addAll(List.of("unshare", "-U"));
        }
        command.add(programs.resolve(name).toString());
        command.addAll(List.of(arguments));
        Commands.run(120, command);
    }

    private static Path find() throws IOException {
        Path installed = Path.of("/usr/lib/postgresql");
        if (Files.isDirectory(installed)) {
            try (Stream<Path> versions = Files.list(installed)) {
                Path newest = versions.map(version -> version.resolve("bin")).filter(bin -> Files.isExecutable(bin.resolve("initdb")))
                        .max(Comparator.comparingInt(bin -> Integer.parseInt(bin.getParent().getFileName().toString().replaceAll("\\D.*", "0")))).orElse(null);
                if (newest != null) {
                    return newest;
                }
            }
        }
        return Commands.isInstalled("initdb") ? Path.of(Commands.run(10, "pg_config", "--bindir").strip()) : embedded();
    }

    private static Path embedded() throws IOException {
        Path home = Commands.HOME.resolve("postgres-programs");
        String archive = "postgres-linux-" + (System.getProperty("os.arch").equals("aarch64") ? "arm_64" : "x86_64") + ".txz";
        try (InputStream packed = Cluster.class.getResourceAsStream("/" + archive)) {
            if (packed == null) {
                throw new BenchException("there is no PostgreSQL: install one, or name its programs by --pg-bin");
            }
            unpack(packed, home);
        }
        return home.resolve("bin");
    }

    private static void unpack(InputStream packed, Path home) throws IOException {
        try (TarArchiveInputStream tar = new TarArchiveInputStream(new XZInputStream(packed))) {
            for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                Path path = home.resolve(entry.getName()).normalize();
                Files.createDirectories(entry.isDirectory() ? path : path.getParent());
                if (entry.isDirectory()) {
                    continue;
                }
                Files.deleteIfExists(path);
                if (entry.isSymbolicLink()) {
                    Files.createSymbolicLink(path, Path.of(entry.getLinkName()));
                } else {
                    Files.copy(tar, path);
                    path.toFile().setExecutable((entry.getMode() & 0100) != 0, false);
                }
            }
        }
    }

    private static void delete(Path folder) throws IOException {
        if (Files.exists(folder)) {
            try (Stream<Path> files = Files.walk(folder)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }
}
