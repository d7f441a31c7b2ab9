package dev.parley.realtime;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import com.fasterxml.jackson.databind.JsonNode;
import com.microsoft.playwright.Browser;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.TimeoutError;
import com.sun.net.httpserver.HttpServer;

import dev.parley.page.Chromium;
import dev.parley.page.Person;
import dev.parley.testing.Conversations;
import dev.parley.testing.Json;
import dev.parley.testing.Sql;

/**
 * A React page that was written for Supabase ({@code src/test/node/page}), under StrictMode, served by its own server: a customer and an admin in two
 * tabs of a real Chromium. The page shows whatever its callbacks get, so what comes twice is seen twice.
 */
class SupabasePageIT {

    /** A connection that was lost is tried again after up to ten seconds. */
    private static final double RECONNECT_MS = 45_000;

    private static SupabaseServers servers;
    private static HttpServer application;
    private static final ExecutorService APPLICATION_THREADS = Executors.newCachedThreadPool();
    private static Chromium chromium;

    private final List<Person> people = new ArrayList<>();

    @BeforeAll
    static void start() throws IOException {
        Optional<Path> executable = Chromium.find();
        Assumptions.assumeTrue(executable.isPresent(), "no chromium on the PATH: the page written for Supabase is not tested");
        Node.require();
        servers = SupabaseServers.beginOne();
        bundle("new");
        bundle("old");
        application = serve();
        chromium = Chromium.launch(executable.get());
        servers.awaitReady();
    }

    @AfterAll
    static void stop() {
        if (chromium != null) {
            chromium.close();
        }
        if (application != null) {
            application.stop(0);
        }
        APPLICATION_THREADS.shutdownNow();
        if (servers != null) {
            servers.close();
        }
    }

    @AfterEach
    void leave() {
        people.forEach(Person::close);
        people.clear();
    }

    @ParameterizedTest(name = "supabase-js {0}, protocol {1}")
    @CsvSource({"new, 2.0.0", "new, 1.0.0", "old, 2.0.0", "old, 1.0.0"})
    void customerAndAdminTalkInTwoTabs(String client, String vsn) {
        UUID conversation = Conversations.insert(servers.database(), "before the page");
        Person customer = opens(client, vsn, "customer", conversation);
        Person admin = opens(client, vsn, "admin", conversation);
        joined(customer, "chat:" + conversation, "typing:" + conversation);
        joined(admin, "chat:" + conversation, "typing:" + conversation, "admin-global");

        says(customer, "Hello from the customer");
        says(admin, "Hello from the admin");
        for (Person person : people) {
            shows(person, "Hello from the customer", "Hello from the admin");
        }

        box(customer).pressSequentially("Is any");
        assertThat(admin.page().getByText("Somebody is typing…")).isVisible();
        assertThat(customer.page().getByText("Somebody is typing…")).hasCount(0);
        box(admin).pressSequentially("Let me");
        assertThat(customer.page().getByText("Somebody is typing…")).isVisible();

        String subject = "A new conversation " + conversation;
        Conversations.insert(servers.database(), subject);
        Locator item = admin.page().getByLabel("Conversations").getByText(subject);
        assertThat(item).hasCount(1);
        admin.screenshot("supabase-admin-" + client + "-" + vsn);
        customer.screenshot("supabase-customer-" + client + "-" + vsn);

        customer.presses("Leave");
        box(admin).clear();
        says(admin, "Nobody listens");
        shows(admin, "Hello from the customer", "Hello from the admin", "Nobody listens");
        shows(customer, "Hello from the customer", "Hello from the admin");
        assertEquals(List.of(), topics(customer));

        for (int i = 0; i < 10; i++) {
            customer.presses("Come back");
            customer.presses("Leave");
        }
        customer.presses("Come back");
        joined(customer, "chat:" + conversation, "typing:" + conversation);
        says(admin, "Welcome back");
        shows(customer, "Hello from the customer", "Hello from the admin", "Welcome back");
        people.forEach(Person::hasNotComplained);
    }

    /** One restart for both clients, which wait side by side. */
    @Test
    void thePageGoesOnAfterARestartOfTheService() {
        Map<Person, UUID> customers = new LinkedHashMap<>();
        for (String[] kind : new String[][] {{"new", "2.0.0"}, {"old", "1.0.0"}}) {
            UUID conversation = Conversations.insert(servers.database(), "before the page");
            Person customer = opens(kind[0], kind[1], "customer", conversation);
            customers.put(customer, conversation);
            joined(customer, "chat:" + conversation, "typing:" + conversation);
            insert(conversation, "before the restart");
            shows(customer, "before the restart");
        }

        servers.first().stop();
        customers.keySet().forEach(customer -> customer.page().waitForFunction("!supabase.realtime.isConnected()"));
        servers.first().begin().awaitReady();

        customers.forEach((customer, conversation) -> {
            joined(customer, "chat:" + conversation, "typing:" + conversation);
            insert(conversation, "after the restart");
            shows(customer, "before the restart", "after the restart");
        });
    }

    private Person opens(String client, String vsn, String me, UUID conversation) {
        Person person = chromium.person(new Browser.NewContextOptions().setViewportSize(900, 600));
        people.add(person);
        return person.opens("http://127.0.0.1:" + application.getAddress().getPort() + "/" + client + "/?me=" + me + "&conversation=" + conversation
                + "&vsn=" + vsn + "&key=" + SupabaseServers.PUBLISHABLE_KEY
                + "&api=" + URLEncoder.encode("http://127.0.0.1:" + servers.first().port(), StandardCharsets.UTF_8));
    }

    /** Exactly these channels are there, and joined. */
    private static void joined(Person person, String... names) {
        try {
            person.page().waitForFunction("""
                    names => {
                      const channels = supabase.getChannels();
                      return channels.length === names.length && names.every(name => channels.some(c => c.topic === 'realtime:' + name && c.state === 'joined'));
                    }""", List.of(names), new Page.WaitForFunctionOptions().setTimeout(RECONNECT_MS));
        } catch (TimeoutError e) {
            person.hasNotComplained();
            throw new AssertionError("not joined: " + List.of(names) + ", but there is "
                    + person.page().evaluate("window.supabase?.getChannels().map(channel => channel.topic + ' ' + channel.state) ?? 'no client'"), e);
        }
    }

    @SuppressWarnings("unchecked")
    private static List<String> topics(Person person) {
        return (List<String>) person.page().evaluate("supabase.getChannels().map(channel => channel.topic)");
    }

    private static void says(Person person, String text) {
        box(person).fill(text);
        box(person).press("Enter");
        assertThat(messages(person).getByText(text)).hasCount(1);
    }

    private static void shows(Person person, String... texts) {
        assertThat(messages(person).locator("li")).hasText(texts);
    }

    private static Locator messages(Person person) {
        return person.page().getByLabel("Messages");
    }

    private static Locator box(Person person) {
        return person.page().getByLabel("Message", new Page.GetByLabelOptions().setExact(true));
    }

    private static void insert(UUID conversation, String content) {
        Sql.on(servers.database()).run("insert into messages (conversation_id, content) values (?, ?)", conversation, content);
    }

    private static void bundle(String client) {
        Node.Ended esbuild = Node.run(Duration.ofMinutes(1), Map.of(), "node", "node_modules/esbuild/bin/esbuild", "page/app.tsx", "--bundle", "--jsx=automatic",
                "--tsconfig-raw={}", "--alias:@supabase/supabase-js=supabase-" + client, "--define:process.env.NODE_ENV=\"development\"", "--log-level=warning",
                "--outfile=bundles/" + client + ".js");
        assertEquals(0, esbuild.exit(), esbuild::output);
    }

    /** The application's own server: its page, its script, and the way by which its messages get into the database. */
    private static HttpServer serve() throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        server.setExecutor(APPLICATION_THREADS);
        server.createContext("/", exchange -> {
            String path = exchange.getRequestURI().getPath();
            byte[] body = new byte[0];
            if (path.equals("/send")) {
                JsonNode message = Json.read(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
                insert(UUID.fromString(message.get("conversation").asText()), message.get("content").asText());
            } else if (path.matches("/(new|old)/app\\.js")) {
                exchange.getResponseHeaders().add("Content-Type", "text/javascript");
                body = Files.readAllBytes(Node.home().resolve("bundles").resolve(path.split("/")[1] + ".js"));
            } else if (path.matches("/(new|old)/")) {
                exchange.getResponseHeaders().add("Content-Type", "text/html");
                body = Files.readAllBytes(Node.home().resolve("page/index.html"));
            } else if (path.equals("/favicon.ico")) {
                exchange.getResponseHeaders().add("Content-Type", "image/x-icon");
            }
            exchange.sendResponseHeaders(200, body.length == 0 ? -1 : body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
        return server;
    }
}
