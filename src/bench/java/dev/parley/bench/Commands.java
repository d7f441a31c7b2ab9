package dev.parley.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Other programs: runs them, and sees to it that none outlives the suite. Any thread. */
final class Commands {

    /** Everything that the suite makes. */
    static final Path HOME = Path.of("target", "bench").toAbsolutePath();

    private static final Set<Process> STARTED = ConcurrentHashMap.newKeySet();

    static {
        Runtime.getRuntime().addShutdownHook(new Thread(() -> STARTED.forEach(Commands::kill)));
    }

    private Commands() {
    }

    /** Starts a program that goes on; its output goes to {@code target/bench/logs/NAME.log}. */
    static Process start(String name, List<String> command, Map<String, String> environment) {
        try {
            Process process = builder(command, environment).redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(log(name).toFile())).start();
            STARTED.add(process);
            return process;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Starts a program whose output the caller reads; what it says of errors goes to its log. */
    static Process pipe(String name, List<String> command) {
        try {
            Process process = builder(command, Map.of()).redirectError(ProcessBuilder.Redirect.appendTo(log(name).toFile())).start();
            STARTED.add(process);
            return process;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Runs a program to its end and returns its output; anything but exit code 0 is an error. */
    static String run(long seconds, String... command) {
        return run(seconds, List.of(command));
    }

    static String run(long seconds, List<String> command) {
        try {
            // into a file: what the program leaves running would hold a pipe open
            Path output = Files.createTempFile(Files.createDirectories(HOME), "output", ".txt");
            try {
                Process process = builder(command, Map.of()).redirectErrorStream(true).redirectOutput(output.toFile()).start();
                STARTED.add(process);
                int exit = await(process, seconds, command);
                STARTED.remove(process);
                String text = Files.readString(output);
                if (exit != 0) {
                    throw new BenchException(String.join(" ", command) + " ended with " + exit + ":\n" + text);
                }
                return text;
            } finally {
                Files.delete(output);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Waits for the end; a program that takes longer is killed. */
    static int await(Process process, long seconds, List<String> command) {
        try {
            if (!process.waitFor(seconds, TimeUnit.SECONDS)) {
                kill(process);
                throw new BenchException(String.join(" ", command) + " took more than " + seconds + " s");
            }
            return process.exitValue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BenchException("interrupted");
        }
    }

    /** Kills a program and what it has started. */
    static void kill(Process process) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
        try {
            process.waitFor(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        STARTED.remove(process);
    }

    static boolean isInstalled(String program) {
        return Stream.of(System.getenv("PATH").split(":")).anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
    }

    static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Path log(String name) throws IOException {
        return Files.createDirectories(HOME.resolve("logs")).resolve(name + ".log");
    }

    static void sleep(double seconds) {
        try {
            Thread.sleep((long) (seconds * 1000));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BenchException("interrupted");
        }
    }

    private static ProcessBuilder builder(List<String> command, Map<String, String> environment) {
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().put("LC_ALL", "C");
        builder.environment().putAll(environment);
        return builder;
    }
}
