package dev.parley.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A PgBouncer before a database, as a process of its own on a free port. */
public final class PgBouncer implements AutoCloseable {

    private static final Path HOME = Path.of("target", "it-pgbouncer").toAbsolutePath();

    private final Path settings;
    private final int port;
    private Process process;

    private PgBouncer(Path settings, int port) {
        this.settings = settings;
        this.port = port;
    }

    /** Where it is installed: Debian keeps it off the users' path. */
    public static Optional<Path> program() {
        return Stream.concat(Stream.of(System.getenv("PATH").split(":")), Stream.of("/usr/sbin")).map(folder -> Path.of(folder, "pgbouncer"))
                .filter(Files::isExecutable).findFirst();
    }

    /** @param mode session, transaction or statement */
    public static PgBouncer over(TestPostgres database, String mode) {
        int port = FreePort.find();
        try {
            Files.createDirectories(HOME);
            Path settings = Files.writeString(HOME.resolve(mode + "-" + port + ".ini"), """
                    [databases]
                    * = host=127.0.0.1 port=%d user=postgres password=postgres
                    [pgbouncer]
                    listen_addr = 127.0.0.1
                    listen_port = %d
                    unix_socket_dir =
                    auth_type = any
                    pool_mode = %s
                    default_pool_size = 80
                    """.formatted(database.port(), port, mode));
            PgBouncer bouncer = new PgBouncer(settings, port);
            bouncer.begin();
            return bouncer;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Starts it, also after {@link #kill}, and waits until it lets somebody in. */
    public void begin() {
        try {
            List<String> command = new ArrayList<>(List.of(program().orElseThrow().toString(), settings.toString()));
            if (System.getProperty("user.name").equals("root")) {
                command.addAll(List.of("-u", "nobody")); // it does not run as root
            }
            process = new ProcessBuilder(command).redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(settings.resolveSibling(settings.getFileName() + ".log").toFile())).start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Await.until(() -> {
            try (Connection connection = connect()) {
                return connection.isValid(1);
            } catch (SQLException e) {
                return false;
            }
        }, Duration.ofSeconds(10), () -> "PgBouncer lets somebody in, see " + settings + ".log");
    }

    public String address() {
        return "127.0.0.1:" + port + "/postgres";
    }

    public Connection connect() throws SQLException {
        return DriverManager.getConnection("jdbc:postgresql://" + address() + "?loginTimeout=2", "postgres", "postgres");
    }

    /** All connections on both sides are gone at once. */
    public void kill() {
        try {
            process.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        kill();
    }
}
