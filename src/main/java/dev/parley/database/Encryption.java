package dev.parley.database;

import io.quarkus.datasource.common.runtime.DataSourceUtil;
import io.quarkus.reactive.datasource.runtime.DataSourceReactiveRuntimeConfig;
import io.quarkus.reactive.datasource.runtime.DataSourcesReactiveRuntimeConfig;
import io.quarkus.reactive.pg.client.runtime.DataSourcesReactivePostgreSQLConfig;
import io.quarkus.vertx.core.runtime.SSLConfigHelper;
import io.smallrye.config.SmallRyeConfig;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.pgclient.SslMode;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.eclipse.microprofile.config.ConfigProvider;

/**
 * How the reactive client's connections are encrypted: as the URL says it, in the words of libpq and JDBC ({@code sslmode}, {@code sslrootcert}, {@code sslcert},
 * {@code sslkey}), and as Quarkus' settings say it for its own pool. The client by itself checks certificates where those two don't, and knows no files in a URL.
 *
 * <p>{@link SslMode#PREFER} is left for {@link TlsOffers} to settle.
 */
@Singleton
class Encryption {

    /** Of which the client would make settings of the session, were they left in its options. */
    private static final Set<String> FILES = Set.of("sslrootcert", "sslcert", "sslkey");
    private static final String HOST_NAME_AS_IN_HTTPS = "HTTPS";
    /** JDBC takes keys in other forms too, by their names: what the client can't read is not held against a server that may not ask for it. */
    private static final Pattern PEM = Pattern.compile("\\.(key|pem)$");

    private final Optional<DataSourceReactiveRuntimeConfig> quarkus;
    private final Optional<SslMode> mode;

    @Inject
    Encryption() {
        SmallRyeConfig config = ConfigProvider.getConfig().unwrap(SmallRyeConfig.class);
        this.quarkus = Optional.of(config.getConfigMapping(DataSourcesReactiveRuntimeConfig.class).defaultDataSource());
        this.mode = Optional.ofNullable(config.getConfigMapping(DataSourcesReactivePostgreSQLConfig.class).dataSources().get(DataSourceUtil.DEFAULT_DATASOURCE_NAME))
                .flatMap(source -> source.reactive().postgresql().sslMode());
    }

    /** As the URL says it and nothing else, but for a mode that wins over the URL's. */
    Encryption(Optional<SslMode> mode) {
        this.quarkus = Optional.empty();
        this.mode = mode;
    }

    /**
     * For connections of our own.
     *
     * @param said {@link DatabaseUrls#encryption}
     */
    void applyTo(PgConnectOptions options, Map<String, String> said) {
        quarkus.ifPresent(settings -> asQuarkusDoes(options, settings));
        applyToQuarkusOwn(options, said);
    }

    /** For those that Quarkus' settings have been applied to. */
    void applyToQuarkusOwn(PgConnectOptions options, Map<String, String> said) {
        options.getProperties().keySet().removeAll(FILES);
        options.setSslMode(mode.orElseGet(() -> said.containsKey("sslmode") ? SslMode.of(said.get("sslmode")) : SslMode.PREFER));
        if (options.isUsingDomainSocket()) {
            options.setSslMode(SslMode.DISABLE);
        }
        if (options.getSslMode() == SslMode.DISABLE) {
            without(options);
            return;
        }
        boolean verified = options.getSslMode() == SslMode.VERIFY_CA || options.getSslMode() == SslMode.VERIFY_FULL;
        if (said.containsKey("sslrootcert") || verified && options.getTrustOptions() == null) {
            options.setTrustOptions(new PemTrustOptions().addCertPath(said.getOrDefault("sslrootcert", usualRoot())));
        }
        // as in libpq, an authority that is named is asked whatever the mode; so is the JVM's own where Quarkus is to verify the host's name
        boolean anyone = options.isTrustAll() || options.getTrustOptions() == null && named(options.getHostnameVerificationAlgorithm()).isEmpty();
        options.setTrustAll(!verified && anyone);
        if (said.containsKey("sslcert") && PEM.matcher(said.getOrDefault("sslkey", "")).find()) {
            options.setKeyCertOptions(new PemKeyCertOptions().addCertPath(said.get("sslcert")).addKeyPath(said.get("sslkey")));
        }
        if (options.getSslMode() == SslMode.VERIFY_FULL) {
            options.setHostnameVerificationAlgorithm(HOST_NAME_AS_IN_HTTPS);
        }
    }

    /** Nothing of it is left that would be read from files, or built, for each connection. */
    static PgConnectOptions without(PgConnectOptions options) {
        options.setSslMode(SslMode.DISABLE).setTrustAll(false);
        options.setTrustOptions(null);
        options.setKeyCertOptions(null);
        return options;
    }

    private static void asQuarkusDoes(PgConnectOptions options, DataSourceReactiveRuntimeConfig settings) {
        options.setTrustAll(settings.trustAll());
        SSLConfigHelper.configurePemTrustOptions(options, settings.trustCertificatePem());
        SSLConfigHelper.configureJksTrustOptions(options, settings.trustCertificateJks());
        SSLConfigHelper.configurePfxTrustOptions(options, settings.trustCertificatePfx());
        SSLConfigHelper.configurePemKeyCertOptions(options, settings.keyCertificatePem());
        SSLConfigHelper.configureJksKeyCertOptions(options, settings.keyCertificateJks());
        SSLConfigHelper.configurePfxKeyCertOptions(options, settings.keyCertificatePfx());
        if (!"NONE".equalsIgnoreCase(settings.hostnameVerificationAlgorithm())) {
            options.setHostnameVerificationAlgorithm(settings.hostnameVerificationAlgorithm());
        }
    }

    private static Optional<String> named(String algorithm) {
        return Optional.ofNullable(algorithm).filter(name -> !name.isEmpty());
    }

    /** Where libpq and JDBC look. */
    private static String usualRoot() {
        return Path.of(System.getProperty("user.home"), ".postgresql", "root.crt").toString();
    }
}
