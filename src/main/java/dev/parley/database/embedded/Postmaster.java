package dev.parley.database.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * The server process that a data folder's {@code postmaster.pid} names.
 *
 * @param pid its process id when the file was written
 * @param started when it started, to the second
 */
record Postmaster(long pid, Instant started) {

    private static final Duration TOLERANCE = Duration.ofSeconds(5);

    /** Reads {@code postmaster.pid}: line 1 is the process id, line 3 the start in seconds since 1970. */
    static Optional<Postmaster> read(Path file) throws IOException {
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        List<String> lines = Files.readAllLines(file);
        try {
            return Optional.of(new Postmaster(
                    Math.abs(Long.parseLong(lines.get(0).strip())),
                    Instant.ofEpochSecond(Long.parseLong(lines.get(2).strip()))));
        } catch (NumberFormatException | IndexOutOfBoundsException torn) {
            return Optional.empty();
        }
    }

    /** Whether that very process still runs: an id is given out again, so program and start time must match too. */
    boolean isRunning() {
        return ProcessHandle.of(pid).filter(ProcessHandle::isAlive).map(ProcessHandle::info)
                .filter(info -> info.command().map(Postmaster::isServer).orElse(false))
                .filter(info -> info.startInstant().map(this::isStart).orElse(false))
                .isPresent();
    }

    private static boolean isServer(String command) {
        String program = Path.of(command.replace(" (deleted)", "")).getFileName().toString();
        return program.equals("postgres") || program.equals("postgres.exe");
    }

    private boolean isStart(Instant processStart) {
        return Duration.between(processStart, started).abs().compareTo(TOLERANCE) <= 0;
    }
}
