package dev.parley.database;

import io.quarkus.runtime.Application;
import io.quarkus.runtime.ImageMode;
import io.quarkus.runtime.configuration.ConfigUtils;
import io.smallrye.config.ConfigMappings;
import io.smallrye.config.ConfigMappings.ConfigClass;
import io.smallrye.config.ConfigValidationException;
import io.smallrye.config.PropertiesLocationConfigSourceFactory;
import io.smallrye.config.SmallRyeConfig;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.eclipse.microprofile.config.ConfigProvider;
import org.jboss.logging.Logger;

/**
 * Settles, before Quarkus starts, which database the service talks to: the configured one, or an embedded PostgreSQL
 * when there is no URL. What it settles goes into system properties, which also makes the embedded server survive a live
 * reload of dev mode: the next start in the same JVM finds a URL.
 */
public final class DatabaseSetup {

    static final String JDBC_URL = "quarkus.datasource.jdbc.url";
    static final String REACTIVE_URL = "quarkus.datasource.reactive.url";

    private static final Logger LOG = Logger.getLogger(DatabaseSetup.class);

    private DatabaseSetup() {}

    /**
     * Call once per start, on the main thread; blocks for the seconds that an embedded server needs.
     *
     * @throws DatabaseSetupException when there is no usable database configuration
     */
    public static void beforeStart() {
        if (OtherUrl.isEnough()) {
            return;
        }
        SmallRyeConfig config = config();
        Map<String, String> settings =
                configured(config).orElseGet(() -> settings(startEmbedded(config)));
        settings.forEach(System::setProperty);
    }

    /** What has to be added to a configuration that names a database, or nothing when it names none. */
    static Optional<Map<String, String>> configured(SmallRyeConfig config) {
        Optional<String> jdbc = url(config, JDBC_URL);
        Optional<String> reactive = url(config, REACTIVE_URL);
        if (jdbc.isEmpty() && reactive.isEmpty()) {
            return Optional.empty();
        }
        if (reactive.isPresent() && config.getValues(REACTIVE_URL, String.class).size() > 1) {
            // Quarkus would go to each in turn, the feed to the first: rows written to one would be looked for on another
            throw new DatabaseSetupException(REACTIVE_URL + " names more than one host: give it one address, which leads to the primary wherever that is");
        }
        if (reactive.isEmpty()) {
            return Optional.of(Map.of(REACTIVE_URL, DatabaseUrls.reactiveFromJdbc(jdbc.get())));
        }
        if (jdbc.isEmpty()) {
            return Optional.of(Map.of(JDBC_URL, DatabaseUrls.jdbcFromReactive(reactive.get())));
        }
        return Optional.of(Map.of());
    }

    /** The configuration by which the service reaches an embedded server. */
    static Map<String, String> settings(EmbeddedServer server) {
        String address = "postgresql://127.0.0.1:" + server.port() + "/postgres?sslmode=disable";
        return Map.of(
                JDBC_URL, "jdbc:" + address,
                REACTIVE_URL, address,
                "quarkus.datasource.username", EmbeddedServer.USER);
    }

    /** The server's starter, absent from a native image. */
    static Optional<EmbeddedServer.Starter> starter() {
        return ServiceLoader.load(EmbeddedServer.Starter.class, DatabaseSetup.class.getClassLoader()).findFirst();
    }

    private static EmbeddedServer startEmbedded(SmallRyeConfig settings) {
        EmbeddedServer.Starter starter = starter().orElseThrow(() -> new DatabaseSetupException(
                "No database is configured" + (ImageMode.current().isNativeImage()
                        ? ", and a native build has no embedded one" : "")
                        + ": set " + JDBC_URL + " (QUARKUS_DATASOURCE_JDBC_URL), user name and password"));
        EmbeddedConfig config = embeddedConfig(settings);
        EmbeddedServer server =
                starter.start(new EmbeddedServer.Options(config.dataDir().toAbsolutePath().normalize(), config.port(), true));
        stopWithTheService(server);
        LOG.infof("No database URL is configured: embedded PostgreSQL %s on 127.0.0.1:%d (user %s), data in %s",
                server.version(), server.port(), EmbeddedServer.USER, config.dataDir().toAbsolutePath().normalize());
        return server;
    }

    /** Requests in flight are answered while the service stops, so the database goes last. */
    private static void stopWithTheService(EmbeddedServer server) {
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            Application service = Application.currentApplication();
            if (service != null) {
                service.awaitShutdown();
            }
            server.close();
        }, "embedded PostgreSQL stop"));
    }

    private static SmallRyeConfig config() {
        if (ImageMode.current().isNativeImage()) {
            // what ConfigProvider holds until Quarkus starts is of the build: the environment and the files of this process are not in it
            return ConfigUtils.configBuilder().withSources(new PropertiesLocationConfigSourceFactory()).build();
        }
        return ConfigProvider.getConfig().unwrap(SmallRyeConfig.class);
    }

    private static EmbeddedConfig embeddedConfig(SmallRyeConfig config) {
        // Mappings are registered when the service itself starts; this is earlier
        try {
            ConfigMappings.registerConfigMappings(config, Set.of(ConfigClass.configClass(EmbeddedConfig.class)));
        } catch (ConfigValidationException e) {
            throw new DatabaseSetupException(IntStream.range(0, e.getProblemCount()).mapToObj(i -> e.getProblem(i).getMessage()).collect(Collectors.joining("; ")));
        }
        return config.getConfigMapping(EmbeddedConfig.class);
    }

    private static Optional<String> url(SmallRyeConfig config, String name) {
        return config.getOptionalValue(name, String.class).map(String::strip).filter(value -> !value.isEmpty());
    }
}
