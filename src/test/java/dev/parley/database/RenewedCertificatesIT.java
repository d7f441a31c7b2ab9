package dev.parley.database;

import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.parley.testing.Authority;
import dev.parley.testing.Await;
import dev.parley.testing.Http;
import dev.parley.testing.Instance;
import dev.parley.testing.Json;
import dev.parley.testing.Sql;
import dev.parley.testing.StreamClient;
import dev.parley.testing.TestPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The server's certificate and the service's own, both by one authority, are replaced by another's while the service runs. */
class RenewedCertificatesIT {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final List<String> KINDS = List.of("parley-tail", "parley-doorbell", "parley-broadcast", "parley-writer", "parley-reader", "vertx-pg-client");

    private static TestPostgres database;
    private static Authority first;
    private static Authority second;
    private static Authority.Identity firstServer;
    private static Authority.Identity secondServer;
    private static Authority.Identity firstClient;
    private static Authority.Identity secondClient;

    /** What the URL names. */
    @TempDir
    private Path files;

    @BeforeAll
    static void start() {
        first = Authority.make("first");
        second = Authority.make("second");
        firstServer = first.issue("localhost");
        secondServer = second.issue("localhost");
        firstClient = first.issue("certified");
        secondClient = second.issue("certified");
        database = TestPostgres.start();
        Sql.on(database).run("create role certified superuser login");
    }

    @AfterAll
    static void stop() {
        database.close();
    }

    @BeforeEach
    void beginWithTheFirst() {
        database.requireTls(first, firstServer);
        put("ca.crt", first.certificate());
        put("tls.crt", firstClient.certificate());
        put("tls.key", firstClient.key());
    }

    @Test
    void connectionsAfterARenewalUseTheRenewedFiles() throws IOException {
        try (Instance service = service().start()) {
            UUID conversation = create(service);
            try (StreamClient reader = StreamClient.conversation(conversation).after(0).join(service)) {
                assertServes(service, conversation, reader);
                assertConnects(service, conversation, "first");

                put("ca.crt", second.certificate());
                put("tls.crt", secondClient.certificate());
                put("tls.key", secondClient.key());
                database.requireTls(second, secondServer);

                assertServes(service, conversation, reader);
                try (StreamClient late = StreamClient.conversation(conversation).after(0).join(service)) {
                    Await.until(() -> late.deliveries().count() == reader.deliveries().count(), PATIENCE, "what was sent is read again");
                }
                assertConnects(service, conversation, "second");
            }
        }
    }

    @Test
    void filesOfARenewalThatIsHalfDoneAreNotUsedAndTheLogSaysSo() throws IOException {
        try (Instance service = service().start()) {
            UUID conversation = create(service);
            try (StreamClient reader = StreamClient.conversation(conversation).after(0).join(service)) {
                assertServes(service, conversation, reader);

                put("tls.key", secondClient.key());
                empty("ca.crt");
                database.restart();
                assertServes(service, conversation, reader);
                assertSays(service, "ca.crt");
                assertSays(service, "tls.key");

                put("tls.crt", secondClient.certificate());
                put("ca.crt", second.certificate());
                database.requireTls(second, secondServer);
                assertServes(service, conversation, reader);
            }
            assertFalse(service.log().contains("\tat ") || service.log().contains("PRIVATE KEY"), service::log);
        }
    }

    private Instance.Builder service() {
        return Instance.over(database).without("quarkus.datasource.reactive.url").without("quarkus.datasource.password")
                .setting("quarkus.datasource.username", "certified")
                .setting("quarkus.datasource.jdbc.url", "jdbc:postgresql://localhost:" + database.port() + "/postgres?sslmode=verify-full&sslrootcert="
                        + named("ca.crt") + "&sslcert=" + named("tls.crt") + "&sslkey=" + named("tls.key"));
    }

    private String named(String file) {
        return URLEncoder.encode(files.resolve(file).toString(), StandardCharsets.UTF_8);
    }

    /** As who renews does: at no time is the file half there. */
    private void put(String name, Path content) {
        try {
            Path made = files.resolve(name + ".new");
            Files.copy(content, made, StandardCopyOption.COPY_ATTRIBUTES);
            Files.move(made, files.resolve(name), StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** As who renews otherwise does: it is open and not written yet. */
    private void empty(String name) {
        try {
            Files.write(files.resolve(name), new byte[0]);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static UUID create(Instance service) {
        return UUID.fromString(Json.read(Http.send("POST", service.http("/api/conversations"), "{\"subject\":\"renewed\"}").body()).get("id").asText());
    }

    /** Through REST's pool, the writer and the feed. */
    private static void assertServes(Instance service, UUID conversation, StreamClient reader) {
        long before = reader.deliveries().count();
        Await.until(() -> Http.send("POST", service.http("/api/conversations"), "{\"subject\":\"another\"}").statusCode() == 201, PATIENCE, () -> "REST serves: " + last(service));
        Await.until(() -> Http.send("POST", service.http("/api/conversations/" + conversation + "/messages"),
                "{\"content\":\"renewed\",\"sender_role\":\"system\"}").statusCode() == 201, PATIENCE, () -> "the writer writes: " + last(service));
        Await.until(() -> reader.deliveries().count() > before, PATIENCE, () -> "the message comes: " + last(service));
    }

    /** Every kind of connection, each by this authority's certificate. Some are closed again when idle. */
    private static void assertConnects(Instance service, UUID conversation, String authority) {
        Set<String> seen = new TreeSet<>();
        Await.until(() -> {
            // a message that comes alone is written on the tail's connection
            IntStream.range(0, 8).parallel().forEach(i -> Http.send("POST", service.http("/api/conversations/" + conversation + "/messages"),
                    "{\"content\":\"one of many\",\"sender_role\":\"system\"}"));
            Http.send("POST", service.http("/api/conversations"), "{\"subject\":\"another\"}");
            seen.addAll(connectedBy(authority));
            return seen.containsAll(KINDS);
        }, PATIENCE, () -> "of " + KINDS + " came " + seen);
    }

    private static void assertSays(Instance service, String what) {
        Await.until(() -> service.log().lines().anyMatch(line -> line.contains(" WARN ") && line.contains(what)), PATIENCE, () -> what + " is named: " + last(service));
    }

    private static String last(Instance service) {
        List<String> lines = service.log().lines().toList();
        return String.join("\n", lines.subList(Math.max(0, lines.size() - 10), lines.size()));
    }

    /** What the connections are for that show a certificate by this authority. */
    private static List<String> connectedBy(String authority) {
        return Sql.on(database).values("select distinct application_name from pg_stat_ssl join pg_stat_activity using (pid) where usename = 'certified' and issuer_dn = '/CN="
                + authority + "' order by 1", String.class);
    }
}
