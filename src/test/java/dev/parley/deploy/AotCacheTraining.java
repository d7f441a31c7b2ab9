package dev.parley.deploy;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.parley.testing.Conversations;
import dev.parley.testing.Http;
import dev.parley.testing.Instance;
import dev.parley.testing.Load;
import dev.parley.testing.Protocol;
import dev.parley.testing.Readers;
import dev.parley.testing.Seed;
import dev.parley.testing.TestPostgres;
import dev.parley.testing.Truth;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/**
 * The training run that makes the ahead-of-time cache of the packaged service (JDK 25 or newer): what a day brings, by every protocol, then an orderly stop,
 * at which the JVM writes down the classes it has loaded. Part of the profile {@code aot}, not of the tests.
 *
 * <p>{@code -Dparley.aot-cache} names the file to make.
 */
class AotCacheTraining {

    private static final int MESSAGES = 12_000;
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    /** The cache is put together at the end of the run. */
    private static final Duration ASSEMBLY = Duration.ofMinutes(5);
    /** Undoes what keeps the instances of the tests small: the cache is for a JVM with its own defaults. */
    private static final String[] OWN_DEFAULTS = {"-XX:TieredStopAtLevel=4", "-XX:-UseSerialGC", "-XX:+UseG1GC", "-XX:+BytecodeVerificationRemote"};
    /**
     * Which methods were busy is not written down: with it the JVM compiles them while it starts (a tenth of a start on two cores), and the first messages
     * were no faster for it.
     */
    private static final String[] WITHOUT_PROFILES = {"-XX:+UnlockDiagnosticVMOptions", "-XX:-AOTRecordTraining"};

    @Test
    void theCacheOfATrainingRunIsTakenByTheNextStart() throws Exception {
        Path cache = Path.of(System.getProperty("parley.aot-cache")).toAbsolutePath();
        Files.deleteIfExists(cache);
        try (TestPostgres database = TestPostgres.start()) {
            try (Instance service = Instance.over(database).jvm(OWN_DEFAULTS).jvm(WITHOUT_PROFILES).jvm("-XX:AOTCacheOutput=" + cache).start()) {
                train(database, service);
                service.stop(ASSEMBLY);
                assertTrue(Files.exists(cache), service::log);
            }
            // "on": a cache that does not fit ends the JVM instead of being left aside
            try (Instance service = Instance.over(database).jvm(OWN_DEFAULTS).jvm("@deploy/start.options", "-XX:AOTCache=" + cache, "-XX:AOTMode=on").start()) {
                service.stop();
            }
        }
    }

    private static void train(TestPostgres database, Instance service) throws Exception {
        List<Instance> instances = List.of(service);
        List<UUID> conversations = Conversations.insert(database, 12);
        List<Readers> all = new ArrayList<>();
        try {
            for (Protocol protocol : Protocol.values()) {
                all.add(Readers.join(protocol, instances, conversations, 1));
            }
            try (Load load = Load.to(conversations, Seed.of(AotCacheTraining.class)).messages(MESSAGES).rest(4, instances).socket(4, instances)
                    .sql(2, database, 0).start()) {
                load.await();
            }
            for (Readers readers : all) {
                readers.assertExactly(Truth.messages(database), PATIENCE);
            }
        } finally {
            all.forEach(Readers::close);
        }
        for (String path : new String[] {"/", "/admin", "/api/conversations", "/q/health/ready", "/q/metrics", "/q/openapi"}) {
            Http.get(service.http(path));
        }
    }
}
