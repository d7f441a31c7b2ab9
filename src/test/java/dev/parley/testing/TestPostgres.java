package dev.parley.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * A PostgreSQL server with {@code fsync} on, on a port that stays the same while it is stopped, started, crashed or given other data.
 * A standby takes its primary's port when it takes its place.
 *
 * <p>One thread at a time may start and stop it; connections may be made from any thread.
 */
public final class TestPostgres implements AutoCloseable {

    private static final Path HOME = Path.of("target", "it-postgres").toAbsolutePath();
    private static final AtomicInteger NUMBER = new AtomicInteger();
    private static final String SETTINGS = """
            listen_addresses = '127.0.0.1'
            unix_socket_directories = ''
            fsync = on
            synchronous_commit = on
            full_page_writes = on
            shared_buffers = 128MB
            max_connections = 200
            max_prepared_transactions = 20
            deadlock_timeout = 200ms
            log_line_prefix = '%m [%p] %a '
            """;

    private static Path template;

    private final Path data;
    private volatile int port;
    private final Thread stopAtExit = new Thread(() -> stop("immediate"));
    private volatile boolean running;

    private TestPostgres(Path data, int port) {
        this.data = data;
        this.port = port;
    }

    /** A new, empty cluster, started. All that are made so have the same system identifier, since they are copies of one. */
    public static TestPostgres start() {
        return start(data -> Folders.copy(template(), data));
    }

    /** The same with the service's schema in place, where {@link Rehearsal one has been made}. */
    public static TestPostgres startMigrated() {
        return start(data -> Folders.copy(Rehearsal.migrated().orElseGet(TestPostgres::template), data));
    }

    /** The same as {@link #start} with a system identifier of its own. */
    public static TestPostgres startAnother() {
        return start(TestPostgres::initialize);
    }

    private static TestPostgres start(Consumer<Path> maker) {
        TestPostgres server = new TestPostgres(freshFolder(), FreePort.find());
        maker.accept(server.data);
        append(server.data.resolve("postgresql.conf"), SETTINGS + "port = " + server.port + "\n");
        Runtime.getRuntime().addShutdownHook(server.stopAtExit);
        server.begin();
        return server;
    }

    /** To copy it takes a tenth of the time. */
    private static synchronized Path template() {
        if (template == null) {
            Path made = freshFolder();
            initialize(made);
            template = made;
        }
        return template;
    }

    private static void initialize(Path data) {
        PostgresBinaries.run("initdb", "-D", data.toString(), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "-N");
    }

    /** A hot standby that streams from this server, on a port of its own. This server is stopped for a moment to copy it. */
    public TestPostgres standby() {
        stop("fast");
        TestPostgres standby = new TestPostgres(freshFolder(), FreePort.find());
        Folders.copy(data, standby.data);
        begin();
        append(standby.data.resolve("postgresql.conf"), "port = " + standby.port + "\n");
        standby.follow(this);
        Runtime.getRuntime().addShutdownHook(standby.stopAtExit);
        standby.begin();
        return standby;
    }

    /** The primary dies and this standby takes its port and its place: a new timeline begins. */
    public void takeOver(TestPostgres primary) {
        primary.stop("immediate");
        stop("fast");
        port = primary.port;
        append(data.resolve("postgresql.conf"), "port = " + port + "\n");
        begin();
        PostgresBinaries.run("pg_ctl", "promote", "-w", "-D", data.toString());
    }

    /** This server and its standby change places, each on its own port: nothing is lost, and what was the primary is a standby of the other's. */
    public void switchTo(TestPostgres standby) {
        stop("fast"); // once the standby has everything
        PostgresBinaries.run("pg_ctl", "promote", "-w", "-D", standby.data.toString());
        follow(standby);
        begin();
    }

    private void follow(TestPostgres primary) {
        append(data.resolve("postgresql.conf"), "hot_standby = on\nprimary_conninfo = 'host=127.0.0.1 port=" + primary.port + " user=postgres application_name=standby'\n");
        append(data.resolve("standby.signal"), "");
    }

    /**
     * Restarts as a server that takes encrypted connections only. {@code postgres} comes in without a password, {@code certified} with a certificate of this
     * authority in that name, all others with a password.
     */
    public void requireTls(Authority authority, Authority.Identity server) {
        append(data.resolve("postgresql.conf"), "ssl = on\npassword_encryption = 'scram-sha-256'\nssl_ca_file = '%s'\nssl_cert_file = '%s'\nssl_key_file = '%s'\n"
                .formatted(authority.certificate(), server.certificate(), server.key()));
        Path access = data.resolve("pg_hba.conf");
        Folders.delete(access);
        append(access, """
                hostssl all postgres all trust
                hostssl all certified all cert
                hostnossl all plain all trust
                hostssl all plain all reject
                hostssl all all all scram-sha-256
                """);
        restart();
    }

    /** Stops in order and starts again: every connection breaks, nothing is lost. */
    public void restart() {
        stop("fast");
        begin();
    }

    /** Stops at once and recovers: whatever was not flushed is gone, and unflushed transaction ids are given out again. */
    public void crash() {
        stop("immediate");
        begin();
    }

    /** Starts the stopped server. */
    public void begin() {
        PostgresBinaries.run("pg_ctl", "start", "-w", "-t", "60", "-D", data.toString(), "-l", data + ".log");
        running = true;
    }

    /** What the server has logged, each line with the session's {@code application_name}. */
    public String log() {
        try {
            return Files.readString(Path.of(data + ".log"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** @param mode {@code fast} or {@code immediate} */
    public synchronized void stop(String mode) {
        if (running) {
            running = false;
            PostgresBinaries.run("pg_ctl", "stop", "-w", "-D", data.toString(), "-m", mode);
        }
    }

    /** A copy of the data as they are now; the server is stopped for it and started again. */
    public Path backup() {
        stop("fast");
        Path copy = freshFolder();
        Folders.copy(data, copy);
        begin();
        return copy;
    }

    /**
     * Puts the data back to an earlier {@link #backup}, as if that disk image had been restored: same cluster, same timeline, but what was
     * committed since is gone and its transaction ids come again.
     */
    public void putBack(Path backup) {
        stop("immediate");
        Folders.delete(data);
        Folders.copy(backup, data);
        begin();
    }

    /** As {@link #putBack}, but the database goes on for a while on another port before its clients find it again. */
    public void putBack(Path backup, Runnable meanwhile) {
        stop("immediate");
        Folders.delete(data);
        Folders.copy(backup, data);
        beginElsewhere(meanwhile);
    }

    /** Goes on for a while on another port, so that its clients see nothing of what happens there, and comes back. */
    public void elsewhere(Runnable meanwhile) {
        stop("fast");
        beginElsewhere(meanwhile);
    }

    private void beginElsewhere(Runnable meanwhile) {
        int usual = port;
        port = FreePort.find();
        PostgresBinaries.run("pg_ctl", "start", "-w", "-D", data.toString(), "-l", data + ".log", "-o", "-p " + port);
        running = true;
        meanwhile.run();
        stop("fast");
        port = usual;
        begin();
    }

    /** As {@link #putBack} by point-in-time recovery: the server replays the backup's log to its end and begins a new timeline. */
    public void recoverFrom(Path backup) {
        stop("immediate");
        Folders.delete(data);
        Folders.copy(backup, data);
        append(data.resolve("postgresql.conf"), "restore_command = 'false'\n");
        append(data.resolve("recovery.signal"), "");
        begin();
        Await.until(() -> !Sql.on(this).value("select pg_is_in_recovery()", Boolean.class), Duration.ofSeconds(30), "recovery done");
    }

    public int port() {
        return port;
    }

    /** 17 is one. */
    public int majorVersion() {
        return Sql.on(this).value("select current_setting('server_version_num')::int / 10000", Integer.class);
    }

    public String jdbcUrl() {
        return "jdbc:postgresql://127.0.0.1:" + port + "/postgres";
    }

    public String reactiveUrl() {
        return "postgresql://127.0.0.1:" + port + "/postgres";
    }

    /** A superuser's connection in autocommit mode; the caller closes it. */
    public Connection connect() throws SQLException {
        return connect("test");
    }

    /** The same under a name that {@code pg_stat_activity} shows. */
    public Connection connect(String applicationName) throws SQLException {
        Properties properties = new Properties();
        properties.put("user", "postgres");
        properties.put("ApplicationName", applicationName);
        properties.put("connectTimeout", "10");
        properties.put("socketTimeout", "120");
        return DriverManager.getConnection(jdbcUrl(), properties);
    }

    /** Ends in order. @return the data as they are then, which stay */
    Path retire() {
        stop("fast");
        Runtime.getRuntime().removeShutdownHook(stopAtExit);
        return data;
    }

    @Override
    public void close() {
        stop("immediate");
        Runtime.getRuntime().removeShutdownHook(stopAtExit);
        Folders.delete(data);
    }

    private static Path freshFolder() {
        Path folder = HOME.resolve("data-" + ProcessHandle.current().pid() + "-" + NUMBER.incrementAndGet());
        Folders.delete(folder); // of an earlier process with the same number
        return folder;
    }

    private static void append(Path file, String text) {
        try {
            Files.createDirectories(file.getParent());
            Files.writeString(file, text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
