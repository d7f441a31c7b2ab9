package dev.parley.page;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.extension.AfterTestExecutionCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.RegisterExtension;

import com.microsoft.playwright.Browser;

import dev.parley.testing.Instance;
import dev.parley.testing.Sql;
import dev.parley.testing.TestPostgres;

/** One service over a database of its own, and a Chromium, for all tests of a class; people for each test. */
abstract class BrowserTest {

    static TestPostgres database;
    static Instance service;
    static Chromium chromium;

    private final List<Person> people = new ArrayList<>();

    /** Before the pages are closed: what a test that failed had in front of it. */
    @RegisterExtension
    final AfterTestExecutionCallback evidence = this::keepEvidence;

    @BeforeAll
    static void start() {
        Optional<Path> executable = Chromium.find();
        Assumptions.assumeTrue(executable.isPresent(), "no chromium on the PATH: the pages are not tested");
        database = TestPostgres.startMigrated();
        service = Instance.over(database).begin();
        chromium = Chromium.launch(executable.get());
        service.awaitReady();
    }

    @AfterAll
    static void stop() {
        if (chromium != null) {
            chromium.close();
        }
        if (service != null) {
            service.close();
        }
        if (database != null) {
            database.close();
        }
    }

    @AfterEach
    void leave() {
        people.forEach(Person::close);
        people.clear();
    }

    private void keepEvidence(ExtensionContext test) {
        test.getExecutionException().ifPresent(failure -> {
            String name = getClass().getSimpleName() + "." + test.getRequiredTestMethod().getName();
            people.forEach(person -> failure.addSuppressed(person.evidence("failed-" + name + "-" + people.indexOf(person))));
        });
    }

    Person person() {
        return person(new Browser.NewContextOptions().setViewportSize(1280, 800));
    }

    Person person(Browser.NewContextOptions options) {
        Person person = chromium.person(options);
        people.add(person);
        return person;
    }

    Person customer() {
        return person().opens(service.http("/").toString());
    }

    Person admin() {
        return person().opens(service.http("/admin").toString());
    }

    Person customerWhoSent(String text) {
        Person customer = customer();
        customer.writes(text);
        customer.seesOnce(text);
        return customer;
    }

    Person adminWhoReads(String text) {
        return reads(admin(), text);
    }

    /** Opens the conversation that carries this text. */
    static Person reads(Person admin, String text) {
        admin.item(text).click();
        admin.seesOnce(text);
        return admin;
    }

    /** A text that no other test uses. */
    static String unique(String text) {
        return text + " " + UUID.randomUUID().toString().substring(0, 8);
    }

    static long rows(String content) {
        return Sql.on(database).value("select count(*) from messages where content = ?", Long.class, content);
    }

    /** A conversation is listed before its first message, which another one could overtake: this one's is a row. */
    static UUID conversationWith(int messages, String marker) {
        UUID conversation = UUID.randomUUID();
        Sql.on(database).run("insert into conversations (id, subject) values (?, ?)", conversation, marker);
        Sql.on(database).run("insert into messages (conversation_id, content) select ?, ? || ' ' || n || '.' from generate_series(1, ?) n order by n",
                conversation, marker, messages);
        return conversation;
    }
}
