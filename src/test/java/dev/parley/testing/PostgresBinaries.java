package dev.parley.testing;

import dev.parley.database.embedded.ServerBinaries;
import io.zonky.test.db.postgres.util.LinuxUtils;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The programs of the embedded PostgreSQL: {@code initdb}, {@code pg_ctl} and {@code postgres}, unpacked once below {@code target}, each version apart.
 * There is no {@code pg_basebackup} and no {@code pg_dump} among them; {@link TestPostgres} does without.
 */
final class PostgresBinaries {

    private static final Path BESIDE = Path.of("target", "it-postgres", "data").toAbsolutePath();
    private static Path home;

    private PostgresBinaries() {
    }

    /** Runs a program to its end and returns what it printed; anything but exit code 0 is an error. */
    static String run(String program, String... arguments) {
        Path home = home();
        List<String> command = new ArrayList<>();
        if (LinuxUtils.isUnshareAvailable()) {
            // PostgreSQL refuses to run as root; in a user namespace of its own it does not see that it does.
            command.addAll(List.of("unshare", "-U"));
        }
        command.add(home.resolve("bin").resolve(program).toString());
        command.addAll(List.of(arguments));
        try {
            // Into a file and not a pipe: the server that pg_ctl leaves behind would hold a pipe open.
            Path output = Files.createTempFile(home.getParent(), program, ".out");
            ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
            builder.environment().put("LC_ALL", "C");
            int exit = builder.start().waitFor();
            String text = Files.readString(output);
            Files.delete(output);
            if (exit != 0) {
                throw new IllegalStateException(command + " ended with " + exit + ":\n" + text);
            }
            return text;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private static synchronized Path home() {
        if (home == null) {
            try {
                home = ServerBinaries.unpackedBeside(BESIDE).home();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return home;
    }
}
