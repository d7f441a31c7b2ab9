package dev.parley.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * One start and stop of the packaged service, by which all that follow in a whole run are quicker on two cores. It leaves the jar's classes as a JVM has them
 * once they are loaded, in a file that the next one maps into its memory (class data sharing, JEP 350: a start of 4.2 s takes 1.8), and a database whose schema
 * is in place (1.9 s). Takes half a minute, at the first start; who asks for single tests ({@code -Dit.test}) or brings another Java ({@code -Dparley.java})
 * goes without.
 */
final class Rehearsal {

    private static final Path CLASSES = Path.of("target", "classes.jsa").toAbsolutePath();
    /** They are written at the end. */
    private static final Duration WRITING = Duration.ofMinutes(2);
    private static final boolean WANTED = System.getProperty("it.test") == null && System.getProperty("parley.java") == null;

    private static boolean begun;
    private static List<String> options = List.of();
    private static Path migrated;

    private Rehearsal() {
    }

    /** The options by which a JVM starts with the classes; none where there are none. Whoever comes during the rehearsal waits. */
    static synchronized List<String> options() {
        hold();
        return options;
    }

    /** The data folder of a stopped server on which the service has been. */
    static synchronized Optional<Path> migrated() {
        hold();
        return Optional.ofNullable(migrated);
    }

    private static void hold() {
        if (begun || !WANTED) {
            return;
        }
        begun = true; // also for the instance below
        try {
            Files.deleteIfExists(CLASSES);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        TestPostgres database = TestPostgres.start();
        try (Instance instance = Instance.over(database).jvm("-XX:ArchiveClassesAtExit=" + CLASSES, "-Xlog:cds=off", "-Xlog:cds+dynamic=off").start()) {
            instance.stop(WRITING);
        }
        migrated = database.retire();
        if (Files.exists(CLASSES)) { // not by a native executable, nor by a JVM that can't
            options = List.of("-XX:SharedArchiveFile=" + CLASSES);
        }
    }
}
