package dev.parley.realtime;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Timer;
import java.util.TimerTask;
import java.util.stream.Stream;

import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;

/** The programs of {@code src/test/node} with their packages, in {@code target/node} so that the sources stay clean. */
final class Node {

    private static final Path SOURCES = Path.of("src", "test", "node").toAbsolutePath();
    private static final Path HOME = Path.of("target", "node").toAbsolutePath();
    private static final int OLDEST = 20;
    private static final Duration INSTALL = Duration.ofMinutes(5);

    /** What a program said and how it ended; {@code exit} is −1 when it did not end in time. */
    record Ended(int exit, List<String> lines) {

        String output() {
            return String.join("\n", lines);
        }
    }

    private Node() {
    }

    /** Copies the programs and installs what the lock file names. Skips the caller's tests where that can't be. */
    static void require() {
        String version = version();
        need(version.matches("v\\d+\\..*") && Integer.parseInt(version.substring(1, version.indexOf('.'))) >= OLDEST,
                "no node " + OLDEST + " on the PATH: " + version);
        boolean installed = Files.exists(HOME.resolve("node_modules/.package-lock.json")) && sameLock();
        copySources();
        if (!installed) {
            // No package needs its install script
            Ended npm = run(INSTALL, Map.of(), "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error");
            need(npm.exit() == 0, "npm can't install the clients: " + npm.output());
        }
    }

    static List<String> testFiles() {
        try (Stream<Path> files = Files.list(SOURCES)) {
            return files.map(file -> file.getFileName().toString()).filter(name -> name.endsWith(".test.js")).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Path home() {
        return HOME;
    }

    /** Runs a program there to its end. */
    static Ended run(Duration time, Map<String, String> environment, String... command) {
        try {
            ProcessBuilder builder = new ProcessBuilder(command).directory(HOME.toFile()).redirectErrorStream(true);
            builder.environment().putAll(environment);
            Process process = builder.start();
            process.getOutputStream().close();
            boolean[] late = new boolean[1];
            Timer timer = new Timer("deadline of " + command[0], true);
            timer.schedule(new TimerTask() {
                @Override
                public void run() {
                    late[0] = true;
                    process.descendants().forEach(ProcessHandle::destroyForcibly);
                    process.destroyForcibly();
                }
            }, time.toMillis());
            List<String> lines = new ArrayList<>();
            try (BufferedReader output = process.inputReader(StandardCharsets.UTF_8)) {
                output.lines().forEach(lines::add);
            }
            int exit = process.waitFor();
            timer.cancel();
            return new Ended(late[0] ? -1 : exit, lines);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private static String version() {
        boolean there = Stream.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, "node")));
        if (!there) {
            return "there is none";
        }
        makeHome();
        return run(Duration.ofSeconds(30), Map.of(), "node", "--version").output();
    }

    /** Where everything has to be shown, nothing is skipped. */
    private static void need(boolean condition, String otherwise) {
        if (System.getenv("CI") != null) {
            Assertions.assertTrue(condition, otherwise);
        }
        Assumptions.assumeTrue(condition, otherwise);
    }

    private static boolean sameLock() {
        Path lock = Path.of("package-lock.json");
        try {
            return Files.exists(HOME.resolve(lock)) && Files.mismatch(SOURCES.resolve(lock), HOME.resolve(lock)) < 0;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void makeHome() {
        try {
            Files.createDirectories(HOME);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void copySources() {
        try (Stream<Path> sources = Files.walk(SOURCES)) {
            for (Path source : (Iterable<Path>) sources::iterator) {
                Path relative = SOURCES.relativize(source);
                Path target = HOME.resolve(relative.toString());
                if (relative.startsWith("node_modules")) {
                    continue;
                }
                if (Files.isDirectory(source)) {
                    Files.createDirectories(target);
                } else {
                    Files.write(target, Files.readAllBytes(source));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
