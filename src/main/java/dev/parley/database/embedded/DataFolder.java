package dev.parley.database.embedded;

import dev.parley.database.DatabaseSetupException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A server's data folder, claimed by one process at a time. The claim is a lock of the operating system on a file beside
 * the folder: it ends with the process, however that ends, so who holds it knows that a server still running in the
 * folder belongs to nobody.
 */
final class DataFolder {

    /** Marks a folder as made here: a server in any other folder is somebody else's. */
    private static final String MARKER = "parley-embedded";
    private static final String SETTINGS = "parley.conf";

    private final Path path;
    private final FileChannel lockFile;
    private volatile boolean claimed = true;

    private DataFolder(Path path, FileChannel lockFile) {
        this.path = path;
        this.lockFile = lockFile;
    }

    /** Takes the folder for this process, or says who has it. */
    static DataFolder claim(Path path) {
        Path lock = path.resolveSibling(path.getFileName() + ".lock");
        try {
            Files.createDirectories(path.getParent());
            FileChannel channel = FileChannel.open(
                    lock, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
            if (tryLock(channel) == null) {
                String holder = StandardCharsets.UTF_8.decode(readAll(channel)).toString().strip();
                channel.close();
                throw new DatabaseSetupException("The embedded database in " + path + " is in use by another Parley"
                        + (holder.isEmpty() ? "" : " (process " + holder + ")")
                        + ": stop that one, or give this one another folder (parley.embedded.data-dir) or a database URL"
                        + " (quarkus.datasource.jdbc.url)");
            }
            channel.truncate(0);
            channel.write(StandardCharsets.UTF_8.encode(Long.toString(ProcessHandle.current().pid())), 0);
            return new DataFolder(path, channel);
        } catch (IOException e) {
            throw new DatabaseSetupException("The embedded database's folder " + path + " can't be used (" + e
                    + "): make it writable, or set parley.embedded.data-dir or quarkus.datasource.jdbc.url", e);
        }
    }

    private static FileLock tryLock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock(0, Long.MAX_VALUE, false);
        } catch (OverlappingFileLockException heldByThisProcess) {
            return null;
        }
    }

    private static ByteBuffer readAll(FileChannel channel) throws IOException {
        ByteBuffer content = ByteBuffer.allocate(32);
        channel.read(content, 0);
        return content.flip();
    }

    Path path() {
        return path;
    }

    boolean isClaimed() {
        return claimed;
    }

    /** The server that runs in this folder or did so last; empty where none can be ours. */
    Optional<Postmaster> postmaster() throws IOException {
        return Files.exists(path.resolve(MARKER)) ? Postmaster.read(postmasterFile()) : Optional.empty();
    }

    void forgetPostmaster() throws IOException {
        Files.deleteIfExists(postmasterFile());
    }

    /** Makes the folder a database of these binaries' version, unless it is one. */
    void prepare(ServerBinaries binaries, ServerAccount account, ServerTools tools) throws IOException {
        if (Files.exists(path)) {
            account.own(path);
        }
        if (Files.exists(path.resolve("PG_VERSION"))) {
            checkUsable(binaries);
        } else {
            create(account, tools);
        }
    }

    private void checkUsable(ServerBinaries binaries) throws IOException {
        if (!Files.exists(path.resolve(MARKER))) {
            throw new DatabaseSetupException(path + " holds a PostgreSQL database that Parley did not make: "
                    + "run that server and set its URL (quarkus.datasource.jdbc.url), or set another parley.embedded.data-dir");
        }
        String made = Files.readString(path.resolve("PG_VERSION")).strip();
        if (!made.equals(binaries.majorVersion())) {
            throw new DatabaseSetupException(path + " was made by PostgreSQL " + made + ", the embedded one is "
                    + binaries.version() + ": dump it with the release of Parley that made it and load it into a new folder");
        }
    }

    /** Under another name first: a half-made folder must never look like a database. */
    private void create(ServerAccount account, ServerTools tools) throws IOException {
        if (Files.exists(path)) {
            try (Stream<Path> content = Files.list(path)) {
                if (content.findAny().isPresent()) {
                    throw new DatabaseSetupException(
                            path + " is neither empty nor a database: set another parley.embedded.data-dir");
                }
            }
        }
        Path unfinished = path.resolveSibling(path.getFileName() + ".new");
        deleteTree(unfinished);
        Files.createDirectories(unfinished);
        account.own(unfinished);
        tools.initialise(unfinished);
        Files.writeString(unfinished.resolve("postgresql.conf"), "\ninclude_if_exists = '" + SETTINGS + "'\n",
                StandardOpenOption.APPEND);
        Files.writeString(unfinished.resolve(MARKER), "Made by Parley; its settings are in " + SETTINGS + "\n");
        Files.deleteIfExists(path);
        Files.move(unfinished, path, StandardCopyOption.ATOMIC_MOVE);
    }

    /** Writes the settings for the next start. */
    void configure(int port, boolean durable) throws IOException {
        String safety = durable ? "on" : "off";
        Files.write(path.resolve(SETTINGS), List.of(
                "# Written at every start. Own settings: ALTER SYSTEM",
                "listen_addresses = '127.0.0.1'",
                "port = " + port,
                "unix_socket_directories = ''",
                "max_connections = 150",
                "max_prepared_transactions = 20",
                "fsync = " + safety,
                "full_page_writes = " + safety,
                "synchronous_commit = on",
                "logging_collector = on",
                "log_directory = 'log'",
                "log_filename = 'postgresql-%a.log'",
                "log_truncate_on_rotation = on",
                "log_rotation_age = 1d",
                "log_rotation_size = 0"));
    }

    void delete() throws IOException {
        deleteTree(path);
    }

    /** Gives the folder free for another process. */
    void release() {
        claimed = false;
        try {
            lockFile.close();
        } catch (IOException ignored) {
            // the lock is gone either way
        }
    }

    private Path postmasterFile() {
        return path.resolve("postmaster.pid");
    }

    static void deleteTree(Path root) throws IOException {
        if (!Files.exists(root)) {
            return;
        }
        List<Path> content;
        try (Stream<Path> walk = Files.walk(root)) {
            content = walk.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path file : content) {
            Files.deleteIfExists(file);
        }
    }
}
