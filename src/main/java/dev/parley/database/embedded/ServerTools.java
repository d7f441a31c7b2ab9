package dev.parley.database.embedded;

import dev.parley.database.DatabaseSetupException;
import dev.parley.database.EmbeddedServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs PostgreSQL's own programs on a data folder; every call blocks until the program is done. */
final class ServerTools {

    private static final int START_SECONDS = 120;
    private static final int STOP_SECONDS = 20;

    private final ServerBinaries binaries;
    private final ServerAccount account;
    private final DataFolder folder;

    ServerTools(ServerBinaries binaries, ServerAccount account, DataFolder folder) {
        this.binaries = binaries;
        this.account = account;
        this.folder = folder;
    }

    /** Makes a new database; every local process may log in, since the server listens on the loopback address only. */
    void initialise(Path target) throws IOException {
        run("initdb", "-D", target.toString(), "-U", EmbeddedServer.USER, "-A", "trust", "-E", "UTF-8", "--locale=C");
    }

    /** Starts the server in a session of its own, so that Ctrl-C in a terminal does not reach it before the service. */
    void start() throws IOException {
        Path startLog = folder.path().resolve("start.log");
        Files.deleteIfExists(startLog);
        try {
            run("pg_ctl", "-D", data(), "-l", startLog.toString(), "-w", "-t", "" + START_SECONDS, "start");
        } catch (DatabaseSetupException e) {
            throw new DatabaseSetupException(e.getMessage() + lastLines(startLog), e);
        }
    }

    /** Stops the server: cuts its sessions off and leaves nothing to recover; or, if that takes too long, at once. */
    void stop() throws IOException {
        try {
            run("pg_ctl", "-D", data(), "-m", "fast", "-w", "-t", "" + STOP_SECONDS, "stop");
        } catch (DatabaseSetupException tooSlow) {
            run("pg_ctl", "-D", data(), "-m", "immediate", "-w", "-t", "" + STOP_SECONDS, "stop");
        }
    }

    private String data() {
        return folder.path().toString();
    }

    private void run(String program, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(account.prefix());
        command.add(binaries.program(program).toString());
        command.addAll(List.of(arguments));
        // A file, not a pipe: a server that inherited a pipe would keep it open
        Path output = Files.createTempFile("parley-", "-" + program + ".log");
        try {
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile())
                    .start();
            process.getOutputStream().close();
            if (!process.waitFor(START_SECONDS + STOP_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new DatabaseSetupException("Embedded PostgreSQL: " + program + " did not come to an end");
            }
            if (process.exitValue() != 0) {
                throw new DatabaseSetupException("Embedded PostgreSQL: " + program + " failed in " + folder.path() + ":"
                        + lastLines(output));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new DatabaseSetupException("Interrupted while " + program + " ran", e);
        } finally {
            Files.deleteIfExists(output);
        }
    }

    private static String lastLines(Path log) throws IOException {
        if (!Files.exists(log)) {
            return "";
        }
        List<String> lines = Files.readAllLines(log);
        return " " + String.join("; ", lines.subList(Math.max(0, lines.size() - 5), lines.size()));
    }
}
