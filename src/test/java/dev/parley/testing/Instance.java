package dev.parley.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * One replica of the service: the packaged jar ({@code -Dparley.jar}, by {@code -Dparley.java} where it is not the tests' own Java) or a native executable
 * ({@code -Dparley.binary}) as a process of its own on a free port, with its log in {@code target/it-logs}.
 */
public final class Instance implements AutoCloseable {

    /** Keys of every instance, unless a setting says otherwise. */
    public static final String PUBLISHABLE_KEY = "sb_publishable_parley";
    public static final String SECRET_KEY = "sb_secret_parley";
    public static final String JWT_SECRET = "a-secret-of-the-tests-and-of-nothing-else";

    private static final Path LOGS = Path.of("target", "it-logs").toAbsolutePath();
    private static final AtomicInteger NUMBER = new AtomicInteger();
    private static final Duration ASK_AGAIN = Duration.ofMillis(100);
    private static final Duration START = Duration.ofSeconds(90);
    private static final Duration STOP = Duration.ofSeconds(60);

    private final List<String> command;
    private final Map<String, String> environment;
    private final int port;
    private final Path log;
    private final Thread killAtExit = new Thread(this::kill);
    private Process process;

    private Instance(List<String> command, Map<String, String> environment, int port, Path log) {
        this.command = command;
        this.environment = environment;
        this.port = port;
        this.log = log;
    }

    /** Whether it is the native executable that is tested. */
    public static boolean isNative() {
        return !System.getProperty("parley.binary", "").isBlank();
    }

    /** An instance over a database, not yet started. */
    public static Builder over(TestPostgres database) {
        return new Builder(database);
    }

    /** Starts the process again after {@link #kill} or {@link #stop}, on the same port. */
    public Instance begin() {
        try {
            Files.createDirectories(LOGS);
            ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
            builder.environment().putAll(environment);
            process = builder.start();
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Waits for readiness: the schema is there and the tail is current. */
    public Instance awaitReady() {
        Await.until(() -> {
            if (!process.isAlive()) {
                throw new IllegalStateException("ended with " + process.exitValue());
            }
            boolean ready = Http.get(http("/q/health/ready")).statusCode() == 200;
            if (!ready) {
                Await.pause(ASK_AGAIN); // each answer of "not ready" is a line in the log
            }
            return ready;
        }, START, () -> "ready at port " + port + ", see " + log + " ending with\n" + lastLines());
        return this;
    }

    /** {@code kill -9}: nothing is closed, nothing is finished. */
    public void kill() {
        end(process.destroyForcibly(), STOP);
    }

    /** {@code SIGTERM}: the service drains and ends by itself. */
    public void stop() {
        stop(STOP);
    }

    /** The same for a process that has more to do at its end. */
    public void stop(Duration limit) {
        process.destroy();
        end(process, limit);
    }

    /** Waits until the process has ended by itself. @return its exit code */
    public int awaitEnd() {
        end(process, STOP);
        return process.exitValue();
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    public URI http(String path) {
        return URI.create("http://127.0.0.1:" + port + path);
    }

    public int port() {
        return port;
    }

    /** Sum over all label values of a metric, 0 when it is not there (yet). */
    public double metric(String name) {
        return Http.get(http("/q/metrics")).body().lines()
                .filter(line -> line.startsWith(name + " ") || line.startsWith(name + "{"))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }

    /** Processor time that the process has taken so far. */
    public Duration processorTime() {
        return process.toHandle().info().totalCpuDuration().orElseThrow();
    }

    /** Memory of the process that is in RAM, in bytes; −1 where the system does not say. */
    public long residentBytes() {
        Path status = Path.of("/proc/" + process.pid() + "/status");
        try {
            return Files.readAllLines(status).stream().filter(line -> line.startsWith("VmRSS:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024).findFirst().orElse(-1);
        } catch (IOException e) {
            return -1;
        }
    }

    /** Everything that the process has logged. */
    public String log() {
        try {
            return Files.readString(log);
        } catch (IOException e) {
            return "no log: " + e;
        }
    }

    @Override
    public void close() {
        kill();
        Runtime.getRuntime().removeShutdownHook(killAtExit);
    }

    private String lastLines() {
        List<String> lines = log().lines().toList();
        return String.join("\n", lines.subList(Math.max(0, lines.size() - 30), lines.size()));
    }

    private void end(Process ending, Duration limit) {
        try {
            if (!ending.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new AssertionError("process " + ending.pid() + " does not end, see " + log);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** Settings of an instance. */
    public static final class Builder {

        private final Map<String, String> settings = new LinkedHashMap<>();
        private final Map<String, String> environment = new LinkedHashMap<>();
        /** What a start costs counts more here than what comes after: the last two are a sixth of it. */
        private final List<String> jvm = new ArrayList<>(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx384m",
                "-XX:+UnlockDiagnosticVMOptions", "-XX:-BytecodeVerificationRemote"));

        private Builder(TestPostgres database) {
            settings.put("quarkus.http.host", "127.0.0.1");
            settings.put("quarkus.datasource.username", "postgres");
            settings.put("quarkus.datasource.password", "postgres");
            settings.put("quarkus.datasource.jdbc.url", database.jdbcUrl());
            settings.put("quarkus.datasource.reactive.url", database.reactiveUrl());
            settings.put("parley.keys.publishable", PUBLISHABLE_KEY);
            settings.put("parley.keys.secret", SECRET_KEY);
            settings.put("parley.jwt.secret", JWT_SECRET);
        }

        public Builder setting(String name, String value) {
            settings.put(name, value);
            return this;
        }

        /** As if nobody had set it. */
        public Builder without(String name) {
            settings.remove(name);
            return this;
        }

        /** The same settings by environment variables instead of system properties. */
        public Builder byEnvironment(String... names) {
            for (String name : names) {
                environment.put(name.toUpperCase(Locale.ROOT).replaceAll("[^A-Z0-9]", "_"), settings.remove(name));
            }
            return this;
        }

        /** Options of the Java virtual machine; a native executable takes those that it knows. */
        public Builder jvm(String... options) {
            jvm.addAll(List.of(options));
            return this;
        }

        /** Starts the process without waiting for it. */
        public Instance begin() {
            int port = FreePort.find();
            settings.put("quarkus.http.port", String.valueOf(port));
            List<String> properties = settings.entrySet().stream().map(setting -> "-D" + setting.getKey() + "=" + setting.getValue()).toList();
            Path log = LOGS.resolve("instance-" + ProcessHandle.current().pid() + "-" + NUMBER.incrementAndGet() + ".log");
            Instance instance = new Instance(command(properties), environment, port, log).begin();
            Runtime.getRuntime().addShutdownHook(instance.killAtExit);
            return instance;
        }

        /** Starts the process and waits until it is ready. */
        public Instance start() {
            return begin().awaitReady();
        }

        private List<String> command(List<String> properties) {
            List<String> command = new ArrayList<>();
            if (isNative()) {
                command.add(Path.of(System.getProperty("parley.binary")).toAbsolutePath().toString());
                jvm.stream().filter(option -> option.startsWith("-Xm") || option.startsWith("-XX:MaxDirectMemorySize=")).forEach(command::add);
                command.addAll(properties);
                return command;
            }
            command.add(System.getProperty("parley.java", Path.of(System.getProperty("java.home"), "bin", "java").toString()));
            command.addAll(Rehearsal.options());
            command.addAll(jvm);
            command.addAll(properties);
            command.add("-jar");
            command.add(Path.of(System.getProperty("parley.jar", "target/quarkus-app/quarkus-run.jar")).toAbsolutePath().toString());
            return command;
        }
    }
}
