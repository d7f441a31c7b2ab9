package dev.parley.database.embedded;

import dev.parley.database.DatabaseSetupException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.UserPrincipal;
import java.nio.file.attribute.UserPrincipalNotFoundException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * As whom the server runs. PostgreSQL refuses to run as root, so root steps into a user namespace, where it is nobody in
 * particular and yet owns the same files; where that is forbidden (many containers) the server runs as another account.
 *
 * @param prefix the command in front of the server's own
 * @param owner who has to own the data folder
 */
record ServerAccount(List<String> prefix, String owner) {

    private static final List<String> NAMESPACE = List.of("unshare", "-U");
    private static final List<String> STAND_INS = List.of("postgres", "nobody");

    static ServerAccount current() {
        String user = System.getProperty("user.name");
        if (!user.equals("root") || !Files.isDirectory(Path.of("/proc/self"))) {
            return new ServerAccount(List.of(), user);
        }
        if (succeeds(NAMESPACE)) {
            return new ServerAccount(NAMESPACE, user);
        }
        for (String standIn : STAND_INS) {
            List<String> prefix = List.of("runuser", "-u", standIn, "--");
            if (succeeds(prefix)) {
                return new ServerAccount(prefix, standIn);
            }
        }
        throw new DatabaseSetupException("PostgreSQL does not run as root, and neither a user namespace (unshare -U) nor"
                + " another account (runuser) can be used here: start Parley as an ordinary user or set a database URL"
                + " (quarkus.datasource.jdbc.url)");
    }

    /** Gives a folder and what is in it to the owner; only root ever has to and can. */
    void own(Path folder) throws IOException {
        UserPrincipal owns;
        try {
            owns = folder.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName(owner);
        } catch (UserPrincipalNotFoundException e) {
            throw new DatabaseSetupException("PostgreSQL runs for no account without a name, as in most containers: set a database URL (quarkus.datasource.jdbc.url)");
        }
        if (Files.getOwner(folder).equals(owns)) {
            return;
        }
        if (!System.getProperty("user.name").equals("root")) {
            throw new DatabaseSetupException(folder + " belongs to " + Files.getOwner(folder)
                    + ": start Parley as that user, or set another parley.embedded.data-dir");
        }
        try (Stream<Path> content = Files.walk(folder)) {
            for (Path path : (Iterable<Path>) content::iterator) {
                Files.setAttribute(path, "posix:owner", owns, LinkOption.NOFOLLOW_LINKS);
            }
        }
    }

    /** Whether a command under this prefix runs, and not as root. */
    private static boolean succeeds(List<String> prefix) {
        try {
            Process process = new ProcessBuilder(Stream.concat(prefix.stream(), Stream.of("id", "-u")).toList())
                    .redirectErrorStream(true)
                    .start();
            String id = new String(process.getInputStream().readAllBytes()).strip();
            return process.waitFor(10, TimeUnit.SECONDS) && process.exitValue() == 0 && !id.equals("0");
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
