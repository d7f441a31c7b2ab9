package dev.parley.database;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.parley.testing.Await;
import dev.parley.testing.Http;
import dev.parley.testing.Instance;
import dev.parley.testing.Sql;
import dev.parley.testing.TestPostgres;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class ServiceStartIT {

    @Test
    void aServiceWhoseDatabaseIsAwayIsAliveSaysWhyAndGoesOnByItself() {
        try (TestPostgres database = TestPostgres.start()) {
            database.stop("fast");
            try (Instance service = Instance.over(database).begin()) {
                Await.until(() -> Http.get(service.http("/q/health/live")).statusCode() == 200, Duration.ofSeconds(60), "alive");
                Await.until(() -> Http.get(service.http("/q/health/ready")).body().contains("can't be reached"),
                        Duration.ofSeconds(20), () -> "the reason in " + Http.get(service.http("/q/health/ready")).body());
                assertEquals(503, Http.get(service.http("/q/health/ready")).statusCode());

                database.begin();
                service.awaitReady();
                assertEquals(1, service.log().lines().filter(line -> line.contains("can't be reached")).count(), service::log);
                assertFalse(service.log().contains("\tat "), () -> "a stack trace in\n" + service.log());
            }
        }
    }

    /** Beside the first reason of an outage, which may have passed: a database that was restarted may have come back with another password. */
    @Test
    void whatKeepsTheFeedFromADatabaseThatWentAwayIsSaidAsItIsNow() {
        try (TestPostgres database = TestPostgres.start()) {
            Sql.on(database).run("create role chat superuser login");
            try (Instance service = Instance.over(database).setting("quarkus.datasource.username", "chat").start()) {
                Sql.on(database).run("alter role chat nologin");
                database.restart();
                awaitReason(service, "not permitted to log in");
                Sql.on(database).run("alter role chat login");
                database.stop("fast");
                awaitReason(service, "refused");
                database.begin();
                Await.until(() -> service.log().contains("the feed is read again"), Duration.ofSeconds(30), service::log);
                List<String> said = service.log().lines().filter(line -> line.contains("the feed is not connected: ")).toList();
                for (String reason : List.of("not permitted to log in", "refused")) {
                    assertTrue(said.stream().anyMatch(line -> line.contains(reason)), service::log);
                }
            }
        }
    }

    private static void awaitReason(Instance service, String reason) {
        Await.until(() -> Http.get(service.http("/q/health/ready")).body().contains(reason), Duration.ofSeconds(30),
                () -> reason + " in " + Http.get(service.http("/q/health/ready")).body());
    }

    @Test
    void oneUrlInTheEnvironmentIsEnough() {
        String jdbc = "quarkus.datasource.jdbc.url";
        String reactive = "quarkus.datasource.reactive.url";
        try (TestPostgres database = TestPostgres.start()) {
            for (Instance.Builder given : List.of(
                    Instance.over(database).byEnvironment(jdbc, "quarkus.datasource.username").without(reactive),
                    Instance.over(database).byEnvironment(reactive).without(jdbc),
                    Instance.over(database).byEnvironment(jdbc).setting(reactive, ""))) {
                try (Instance service = given.start()) {
                    assertFalse(service.log().contains("embedded PostgreSQL"), service::log);
                }
            }
        }
    }

    @Test
    void moreThanOneReactiveUrlIsRefusedInOneLine() {
        try (TestPostgres database = TestPostgres.start();
                Instance service = Instance.over(database).setting("quarkus.datasource.reactive.url", database.reactiveUrl() + "," + database.reactiveUrl()).begin()) {
            assertEquals(1, service.awaitEnd());
            assertEquals(1, service.log().lines().count(), service::log);
            assertTrue(service.log().contains("quarkus.datasource.reactive.url names more than one host"), service::log);
        }
    }

    @Test
    void settingsThatCanNotBeAreRefusedByNameAllOfThemAtOnce() {
        try (TestPostgres database = TestPostgres.start();
                Instance service = Instance.over(database).setting("parley.writer.batch", "-5").setting("parley.feed.poll-interval", "0s").setting("parley.chat", "offf").begin()) {
            assertEquals(1, service.awaitEnd());
            for (String problem : new String[] {"parley.writer.batch is 1 or more, not -5", "parley.feed.poll-interval is a duration of 1ms or more, not 0s",
                    "parley.chat is on or off, not offf"}) {
                assertTrue(service.log().contains(problem), service::log);
            }
            assertFalse(service.log().contains("\tat "), () -> "a stack trace in " + service.log());
        }
    }

    @Test
    void withoutADatabaseAJvmKeepsOneOfItsOwnAndTheNativeExecutableSaysWhatToSet() throws Exception {
        if (Instance.isNative()) {
            theNativeExecutableSaysWhatToSetInOneLineAndEnds();
        } else {
            whatIsInTheEmbeddedDatabaseSurvivesAKillOfTheService();
        }
    }

    private static void theNativeExecutableSaysWhatToSetInOneLineAndEnds() {
        try (TestPostgres unused = TestPostgres.start(); Instance service = withoutUrl(unused).begin()) {
            assertEquals(1, service.awaitEnd());
            assertEquals(1, service.log().lines().count(), service::log);
            assertTrue(service.log().contains("set quarkus.datasource.jdbc.url (QUARKUS_DATASOURCE_JDBC_URL)"), service::log);
        }
    }

    private static void whatIsInTheEmbeddedDatabaseSurvivesAKillOfTheService() throws Exception {
        Path data = Files.createTempDirectory(Files.createDirectories(Path.of("target", "test-postgres")), "service").toAbsolutePath();
        try (TestPostgres unused = TestPostgres.start();
                Instance service = withoutUrl(unused).setting("parley.embedded.data-dir", data.toString()).start()) {
            assertTrue(service.log().contains("embedded PostgreSQL"), service::log);
            Http.send("POST", service.http("/api/conversations"), "{\"subject\":\"survivor\"}");
            service.kill();
            service.begin().awaitReady();
            assertTrue(Http.get(service.http("/api/conversations")).body().contains("survivor"), "the conversation is lost");
            service.stop();
            assertFalse(Files.exists(data.resolve("postmaster.pid")), "the database goes on after the service");
        }
    }

    private static Instance.Builder withoutUrl(TestPostgres unused) {
        return Instance.over(unused).setting("quarkus.datasource.jdbc.url", "").setting("quarkus.datasource.reactive.url", "");
    }
}
