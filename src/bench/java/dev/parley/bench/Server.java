package dev.parley.bench;

import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** A server that is measured: a process that listens on a port of this machine. */
final class Server implements AutoCloseable {

    private static final double PATIENCE_S = 90;
    private static final double ASK_AGAIN_S = 0.004;

    private final String name;
    private final Process process;
    private final int port;
    private final long startedNanos;
    private double readySeconds;

    private Server(String name, Process process, int port, long startedNanos) {
        this.name = name;
        this.process = process;
        this.port = port;
        this.startedNanos = startedNanos;
    }

    /**
     * Starts a server and waits until it is ready.
     *
     * @param readyPath answers 200 to a GET then; null where it is enough that the port is open
     */
    static Server start(String name, List<String> command, Map<String, String> environment, int port, String readyPath) {
        long now = System.nanoTime();
        Server server = new Server(name, Commands.start(name, command, environment), port, now);
        while (!server.isReady(readyPath)) {
            if (!server.process.isAlive() || server.seconds() > PATIENCE_S) {
                server.close();
                throw new BenchException(name + " did not start: see target/bench/logs/" + name + ".log");
            }
            Commands.sleep(ASK_AGAIN_S);
        }
        server.readySeconds = server.seconds();
        return server;
    }

    String name() {
        return name;
    }

    int port() {
        return port;
    }

    long pid() {
        return process.pid();
    }

    /** From the start of the process to its first good answer. */
    double readySeconds() {
        return readySeconds;
    }

    /** Memory in RAM of the process and those it has started, in bytes. */
    long residentBytes() {
        return Stream.concat(Stream.of(process.toHandle()), process.descendants()).mapToLong(Server::residentBytes).sum();
    }

    /** Processor time that the process and those it has started have taken so far. */
    Duration processorTime() {
        return Stream.concat(Stream.of(process.toHandle()), process.descendants()).map(each -> each.info().totalCpuDuration().orElse(Duration.ZERO))
                .reduce(Duration.ZERO, Duration::plus);
    }

    @Override
    public void close() {
        Commands.kill(process);
    }

    private static long residentBytes(ProcessHandle handle) {
        try (Stream<String> status = Files.lines(Path.of("/proc/" + handle.pid() + "/status"))) {
            return status.filter(line -> line.startsWith("VmRSS:")).mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024).sum();
        } catch (IOException e) {
            return 0; // it has just ended
        }
    }

    private double seconds() {
        return (System.nanoTime() - startedNanos) / 1e9;
    }

    private boolean isReady(String path) {
        try {
            if (path == null) {
                new Socket(InetAddress.getLoopbackAddress(), port).close();
                return true;
            }
            HttpURLConnection connection = (HttpURLConnection) URI.create("http://127.0.0.1:" + port + path).toURL().openConnection();
            connection.setConnectTimeout(1000);
            connection.setReadTimeout(5000);
            return connection.getResponseCode() == 200;
        } catch (IOException e) {
            return false;
        }
    }
}
