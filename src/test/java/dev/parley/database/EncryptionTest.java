package dev.parley.database;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.pgclient.SslMode;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EncryptionTest {

    @ParameterizedTest
    @CsvSource({
        "'', PREFER, true",
        "?sslmode=allow, ALLOW, true",
        "?sslmode=require, REQUIRE, true",
        "?sslmode=require&sslrootcert=ca.crt, REQUIRE, false",
        "?sslmode=verify-ca&sslrootcert=ca.crt, VERIFY_CA, false",
        "?sslmode=verify-full&sslrootcert=ca.crt, VERIFY_FULL, false",
    })
    void aCertificateIsVerifiedWhereTheModeOrANamedAuthorityAsksForIt(String parameters, SslMode mode, boolean anyone) {
        PgConnectOptions options = options(parameters);
        assertEquals(mode, options.getSslMode());
        assertEquals(anyone, options.isTrustAll());
        assertEquals(anyone ? null : List.of("ca.crt"), anyone ? options.getTrustOptions() : ((PemTrustOptions) options.getTrustOptions()).getCertPaths());
        assertEquals(mode == SslMode.VERIFY_FULL ? "HTTPS" : "", options.getHostnameVerificationAlgorithm() == null ? "" : options.getHostnameVerificationAlgorithm());
    }

    @Test
    void withoutANamedAuthorityThoseAreTrustedThatJdbcTrusts() {
        String file = ((PemTrustOptions) options("?sslmode=verify-ca").getTrustOptions()).getCertPaths().get(0);
        assertTrue(file.startsWith(System.getProperty("user.home")) && file.endsWith("root.crt"), file);
    }

    @Test
    void theFilesAreNotSentToTheServerAsSettings() {
        PgConnectOptions options = options("?sslmode=require&sslrootcert=ca.crt&sslcert=me.crt&sslkey=me.key&application_name=x");
        assertFalse(options.getProperties().keySet().stream().anyMatch(name -> name.startsWith("ssl")), () -> options.getProperties().toString());
        assertEquals("x", options.getProperties().get("application_name"));
        assertEquals(List.of("me.key"), ((PemKeyCertOptions) options.getKeyCertOptions()).getKeyPaths());
    }

    @Test
    void nothingIsReadOrBuiltWhereEncryptionIsOff() {
        PgConnectOptions options = options("?sslmode=disable&sslrootcert=ca.crt&sslcert=me.crt&sslkey=me.key");
        assertFalse(options.isTrustAll());
        assertNull(options.getTrustOptions());
        assertNull(options.getKeyCertOptions());
    }

    @Test
    void quarkusOwnSettingsHoldWhereTheUrlSaysNothing() {
        PgConnectOptions options = new PgConnectOptions().setPemTrustOptions(new PemTrustOptions().addCertPath("quarkus.crt"));
        new Encryption(Optional.of(SslMode.VERIFY_CA)).applyToQuarkusOwn(options, DatabaseUrls.encryption("postgresql://db/chat?sslmode=require"));
        assertEquals(SslMode.VERIFY_CA, options.getSslMode());
        assertEquals(List.of("quarkus.crt"), ((PemTrustOptions) options.getTrustOptions()).getCertPaths());
        assertNotNull(options.getProperties());
    }

    private static PgConnectOptions options(String parameters) {
        String url = "postgresql://db/chat" + parameters;
        PgConnectOptions options = PgConnectOptions.fromUri(url);
        new Encryption(Optional.empty()).applyTo(options, DatabaseUrls.encryption(url));
        return options;
    }
}
