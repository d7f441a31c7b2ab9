package dev.parley.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * The packaged jar's classes as a JVM has them once they are loaded, in a file that the next one maps into its memory (class data sharing): an instance that
 * takes five seconds to start on two cores takes three. Made at a whole run's first start, which takes 20 s longer for it; who asks for single tests
 * ({@code -Dit.test}) or brings another Java ({@code -Dparley.java}) goes without.
 *
 * <p>Source: JEP 350.
 */
final class ClassArchive {

    private static final Path FILE = Path.of("target", "classes.jsa").toAbsolutePath();
    /** It is written at the end of the run. */
    private static final Duration WRITING = Duration.ofMinutes(2);
    private static final boolean WANTED = !Instance.isNative() && System.getProperty("it.test") == null && System.getProperty("parley.java") == null;

    private static Optional<Path> made;

    private ClassArchive() {
    }

    /** The options by which a JVM starts with it; none where there is no archive. Whoever comes while it is being made waits. */
    static synchronized List<String> options() {
        if (!WANTED) {
            return List.of();
        }
        if (made == null) {
            made = Optional.empty(); // also for the instance below, which is started to make it
            made = make();
        }
        return made.map(archive -> List.of("-XX:SharedArchiveFile=" + archive)).orElse(List.of());
    }

    /** Of all that an instance loads until it is ready, over an empty database, and while it stops. A JVM that can't do it starts without. */
    private static Optional<Path> make() {
        try {
            Files.deleteIfExists(FILE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        try (TestPostgres database = TestPostgres.start();
                Instance instance = Instance.over(database).jvm("-XX:ArchiveClassesAtExit=" + FILE, "-Xlog:cds=off", "-Xlog:cds+dynamic=off").start()) {
            instance.stop(WRITING);
        }
        return Optional.of(FILE).filter(Files::exists);
    }
}
