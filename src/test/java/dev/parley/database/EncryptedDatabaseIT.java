package dev.parley.database;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.parley.testing.Authority;
import dev.parley.testing.Await;
import dev.parley.testing.Http;
import dev.parley.testing.Instance;
import dev.parley.testing.Json;
import dev.parley.testing.Sql;
import dev.parley.testing.StreamClient;
import dev.parley.testing.TestPostgres;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A server that takes encrypted connections only, whose certificate is by an authority that nobody knows, for the host name {@code localhost}. */
class EncryptedDatabaseIT {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String JDBC = "quarkus.datasource.jdbc.url";
    private static final String REACTIVE = "quarkus.datasource.reactive.url";
    private static final String PASSWORD = "not-for-the-log";

    private static TestPostgres database;
    private static Authority authority;
    private static Authority another;
    private static Authority.Identity client;

    @BeforeAll
    static void start() {
        authority = Authority.make("authority");
        another = Authority.make("another");
        client = authority.issue("certified");
        database = TestPostgres.start();
        database.requireTls(authority, authority.issue("localhost"));
        Sql.on(database).run("create role parley superuser login password '" + PASSWORD + "'");
        Sql.on(database).run("create role certified superuser login");
        Sql.on(database).run("create role plain superuser login");
    }

    @AfterAll
    static void stop() {
        database.close();
    }

    @Test
    void everyConnectionIsEncryptedAsTheUrlSays() throws IOException {
        try (Instance preferring = over("127.0.0.1", "").begin();
                Instance requiring = over("127.0.0.1", "?sslmode=require").begin()) {
            assertServes(preferring);
            assertServes(requiring);
        }
        // the certificate is of the authority, though for another host; the way for LISTEN says nothing of encryption
        String other = "postgresql://parley:" + PASSWORD + "@127.0.0.1:" + database.port() + "/postgres";
        try (Instance verifying = over("127.0.0.1", "?sslmode=verify-ca&sslrootcert=" + encoded(authority.certificate()))
                        .setting("parley.feed.listen-url", other).setting("parley.broadcast.listen-url", other).begin();
                Instance knowing = over("localhost", "?sslmode=verify-full&sslrootcert=" + encoded(authority.certificate())
                        + "&sslcert=" + encoded(client.certificate()) + "&sslkey=" + encoded(client.key()))
                        .setting("quarkus.datasource.username", "certified").without("quarkus.datasource.password").begin()) {
            assertServes(verifying);
            assertServes(knowing);
            assertEquals(List.of("/CN=certified"), Sql.on(database).values("select distinct client_dn from pg_stat_ssl join pg_stat_activity using (pid) "
                    + "where usename = 'certified'", String.class));
        }
    }

    @Test
    void whoIsLetInWithoutTlsOnlyGetsInWithoutItWhereTheUrlSaysNothing() throws IOException {
        try (Instance unencrypted = over("127.0.0.1", "").setting("quarkus.datasource.username", "plain").begin()) {
            assertServes(unencrypted, "connections are not encrypted");
            assertEquals(1, unencrypted.log().lines().filter(line -> line.contains("connections are not encrypted")).count(), unencrypted::log);
        }
    }

    @Test
    void whatQuarkusSettingsSayHoldsForEveryConnection() throws IOException {
        try (Instance service = over("localhost", "?sslmode=verify-full").setting("quarkus.datasource.reactive.trust-certificate-pem", "true")
                .setting("quarkus.datasource.reactive.trust-certificate-pem.certs", authority.certificate().toString())
                .setting("quarkus.datasource.reactive.hostname-verification-algorithm", "HTTPS").begin()) {
            assertServes(service);
        }
    }

    @Test
    void aServerThatCannotBeVerifiedIsNotUsedAndTheLogSaysWhyInOneLine() {
        String right = encoded(authority.certificate());
        try (Instance otherAuthority = over("localhost", "?sslmode=verify-ca&sslrootcert=" + encoded(another.certificate())).begin();
                Instance otherHost = over("127.0.0.1", "?sslmode=verify-full&sslrootcert=" + right).begin()) {
            assertRefuses(otherAuthority, "its certificate is not accepted");
            assertRefuses(otherHost, "its certificate is not accepted");
        }
    }

    private static Instance.Builder over(String host, String parameters) {
        return Instance.over(database).without(REACTIVE).setting(JDBC, "jdbc:postgresql://" + host + ":" + database.port() + "/postgres" + parameters)
                .setting("quarkus.datasource.username", "parley").setting("quarkus.datasource.password", PASSWORD);
    }

    private static String encoded(Path file) {
        return URLEncoder.encode(file.toString(), StandardCharsets.UTF_8);
    }

    /** Through REST's pool, the writer, the feed and its readers. */
    /** @param warnings parts of those that may be there */
    private static void assertServes(Instance service, String... warnings) throws IOException {
        service.awaitReady();
        UUID conversation = UUID.fromString(Json.read(Http.send("POST", service.http("/api/conversations"), "{\"subject\":\"secret\"}").body()).get("id").asText());
        try (StreamClient reader = StreamClient.conversation(conversation).after(0).join(service)) {
            assertEquals(201, Http.send("POST", service.http("/api/conversations/" + conversation + "/messages"),
                    "{\"content\":\"whispered\",\"sender_role\":\"system\"}").statusCode());
            Await.until(() -> reader.deliveries().count() == 1, PATIENCE, "the message comes");
        }
        // of two that begin at once one migrates
        assertTrue(service.log().lines().filter(line -> !line.contains("parley.access") && !line.contains("another replica") && Stream.of(warnings).noneMatch(line::contains))
                .noneMatch(line -> line.contains(" WARN ") || line.contains(" ERROR ")), service::log);
    }

    private static void assertRefuses(Instance service, String why) {
        Await.until(() -> service.log().contains(why), PATIENCE, service::log);
        assertEquals(503, Http.get(service.http("/q/health/ready")).statusCode());
        assertTrue(Http.get(service.http("/q/health/ready")).body().contains(why), () -> Http.get(service.http("/q/health/ready")).body());
        assertEquals(1, service.log().lines().filter(line -> line.contains(why)).count(), service::log);
        assertFalse(service.log().contains("\tat ") || service.log().contains(" SEVERE ") || service.log().contains(PASSWORD), service::log);
    }
}
