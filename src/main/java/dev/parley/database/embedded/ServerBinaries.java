package dev.parley.database.embedded;

import dev.parley.database.DatabaseSetupException;
import io.zonky.test.db.postgres.embedded.DefaultPostgresBinaryResolver;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.tukaani.xz.XZInputStream;

/**
 * PostgreSQL's programs, unpacked from the class path.
 *
 * @param home the folder that holds {@code bin}, {@code lib} and {@code share}
 * @param version as the server says it, for example {@code 17.11}
 */
public record ServerBinaries(Path home, String version) {

    private static final String SYSTEM = System.getProperty("os.name");

    /**
     * Beside the data, where the same account can reach both: a temporary folder is shared with other users, and swept
     * while the server runs. Takes some seconds the first time.
     */
    public static ServerBinaries unpackedBeside(Path data) throws IOException {
        byte[] archive = archive();
        Path home = data.resolveSibling("postgres-programs-" + fingerprint(archive));
        if (!Files.isDirectory(home)) {
            // Under another name first: a service killed meanwhile must not leave half of it to the next one
            Path unfinished = data.resolveSibling(home.getFileName() + "." + ProcessHandle.current().pid());
            DataFolder.deleteTree(unfinished);
            unpack(archive, unfinished);
            try {
                Files.move(unfinished, home, StandardCopyOption.ATOMIC_MOVE);
            } catch (FileSystemException madeByAnother) {
                DataFolder.deleteTree(unfinished);
                if (!Files.isDirectory(home)) {
                    throw madeByAnother;
                }
            }
        }
        return new ServerBinaries(home, version(home));
    }

    private static byte[] archive() throws IOException {
        try (InputStream archive = DefaultPostgresBinaryResolver.INSTANCE.getPgBinary(
                SYSTEM.startsWith("Windows") ? "Windows" : SYSTEM.startsWith("Mac") ? "Darwin" : "Linux",
                System.getProperty("os.arch"))) {
            return archive.readAllBytes();
        } catch (IllegalStateException missing) {
            throw new DatabaseSetupException("This build of Parley has no embedded PostgreSQL for " + SYSTEM + " on "
                    + System.getProperty("os.arch") + ": set a database URL (quarkus.datasource.jdbc.url)", missing);
        }
    }

    private static String fingerprint(byte[] archive) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(archive), 0, 4);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void unpack(byte[] archive, Path target) throws IOException {
        try (TarArchiveInputStream files = new TarArchiveInputStream(new XZInputStream(new ByteArrayInputStream(archive)))) {
            for (TarArchiveEntry entry; (entry = files.getNextEntry()) != null; ) {
                Path file = target.resolve(entry.getName()).normalize();
                if (entry.isDirectory()) {
                    Files.createDirectories(file);
                } else {
                    Files.createDirectories(file.getParent());
                    if (entry.isSymbolicLink()) {
                        Files.createSymbolicLink(file, Path.of(entry.getLinkName()));
                    } else {
                        Files.copy(files, file);
                        file.toFile().setExecutable((entry.getMode() & 0111) != 0, false);
                    }
                }
            }
        }
    }

    /** {@code postgres (PostgreSQL) 17.11} says the program. */
    private static String version(Path home) throws IOException {
        Process process = new ProcessBuilder(program(home, "postgres").toString(), "--version")
                .redirectErrorStream(true)
                .start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        String version = said.substring(said.lastIndexOf(' ') + 1);
        if (!version.matches("[0-9.]+")) {
            throw new DatabaseSetupException("The embedded PostgreSQL does not run on this machine: " + said
                    + ". Set a database URL (quarkus.datasource.jdbc.url)");
        }
        return version;
    }

    Path program(String name) {
        return program(home, name);
    }

    String majorVersion() {
        return version.split("\\.")[0];
    }

    private static Path program(Path home, String name) {
        return home.resolve("bin").resolve(SYSTEM.startsWith("Windows") ? name + ".exe" : name);
    }
}
