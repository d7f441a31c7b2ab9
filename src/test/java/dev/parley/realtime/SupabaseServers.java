package dev.parley.realtime;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;

import dev.parley.testing.Instance;
import dev.parley.testing.Sql;
import dev.parley.testing.TestPostgres;

/**
 * What the programs of {@code src/test/node} talk to: two instances over one database, for some only one of them or a third without chat over another, and an HTTP address
 * by which a program stops and starts instances and sets the public keys that all of them accept.
 */
final class SupabaseServers implements AutoCloseable {

    static final String PUBLISHABLE_KEY = "sb_publishable_parley";
    private static final String SECRET_KEY = "sb_secret_parley";
    private static final String JWT_SECRET = "a-secret-of-the-tests-and-long-enough-for-HS512-0123456789abcdef0123456789";

    private final TestPostgres database = TestPostgres.startMigrated();
    private final HttpServer control;
    private final ExecutorService controlThreads = Executors.newCachedThreadPool();
    private final List<Instance> instances;
    private final Optional<Instance> withoutChat;
    private volatile String keys = "{\"keys\":[]}";

    private SupabaseServers(int number, boolean alsoWithoutChat) {
        Sql.on(database).run("create publication supabase_realtime");
        control = listen();
        instances = Stream.generate(() -> settings().begin()).limit(number).toList();
        withoutChat = alsoWithoutChat ? Optional.of(beginWithoutChat()) : Optional.empty();
    }

    /** Begun and not awaited: several that start side by side are there sooner. */
    static SupabaseServers begin() {
        return new SupabaseServers(2, false);
    }

    /** The same with one instance. */
    static SupabaseServers beginOne() {
        return new SupabaseServers(1, false);
    }

    /** Two with the instance without chat. */
    static SupabaseServers beginAlsoWithoutChat() {
        return new SupabaseServers(2, true);
    }

    SupabaseServers awaitReady() {
        instances.forEach(Instance::awaitReady);
        withoutChat.ifPresent(Instance::awaitReady);
        return this;
    }

    private Instance beginWithoutChat() {
        Sql.on(database).run("create database own");
        prepareOwn();
        return settings().setting("parley.chat", "off")
                .setting("quarkus.datasource.jdbc.url", own(database.jdbcUrl()))
                .setting("quarkus.datasource.reactive.url", own(database.reactiveUrl())).begin();
    }

    TestPostgres database() {
        return database;
    }

    Instance first() {
        return instances.get(0);
    }

    /** What the programs find in their environment. */
    Map<String, String> environment() {
        Map<String, String> environment = new HashMap<>(Map.of(
                "PARLEY_URLS", instances.stream().map(SupabaseServers::address).collect(Collectors.joining(",")),
                "PARLEY_CONTROL_URL", controlAddress(),
                "PARLEY_DATABASE_URL", libpq(database.reactiveUrl()),
                "PARLEY_PUBLISHABLE_KEY", PUBLISHABLE_KEY,
                "PARLEY_SECRET_KEY", SECRET_KEY,
                "PARLEY_JWT_SECRET", JWT_SECRET));
        withoutChat.ifPresent(instance -> {
            environment.put("PARLEY_OWN_URL", address(instance));
            environment.put("PARLEY_OWN_DATABASE_URL", libpq(own(database.reactiveUrl())));
        });
        return environment;
    }

    private Instance.Builder settings() {
        return Instance.over(database)
                // elsewhere the tests do without; these come through most of the code
                .jvm("-XX:+BytecodeVerificationRemote")
                .setting("parley.keys.publishable", PUBLISHABLE_KEY)
                .setting("parley.keys.secret", SECRET_KEY)
                .setting("parley.jwt.secret", JWT_SECRET)
                .setting("parley.jwt.jwks-url", controlAddress() + "/jwks")
                // what deters in production only makes these tests slow
                .setting("parley.realtime.error-delay", "100ms")
                .setting("parley.realtime.refusal-delay", "100ms")
                .setting("parley.realtime.tables-interval", "500ms")
                .setting("parley.presence.heartbeat", "1s");
    }

    /** An application's own {@code messages}, of another shape than chat's. */
    private void prepareOwn() {
        try (Connection connection = DriverManager.getConnection(own(database.jdbcUrl()), "postgres", "")) {
            Sql.run(connection, "create table public.messages (id bigint generated always as identity primary key, conversation_id text, body text)");
            Sql.run(connection, "create publication supabase_realtime for table public.messages");
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private HttpServer listen() {
        try {
            HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
            server.setExecutor(controlThreads);
            server.createContext("/jwks", exchange -> {
                if (exchange.getRequestMethod().equals("POST")) {
                    keys = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
                }
                answer(exchange, 200, keys);
            });
            server.createContext("/restart", exchange -> act(exchange, instance -> {
                instance.stop();
                instance.begin().awaitReady();
            }));
            server.createContext("/kill", exchange -> act(exchange, Instance::kill));
            server.createContext("/begin", exchange -> act(exchange, instance -> instance.begin().awaitReady()));
            server.start();
            return server;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void act(HttpExchange exchange, Consumer<Instance> action) throws IOException {
        try {
            String number = exchange.getRequestURI().getQuery().replaceAll(".*instance=(\\d).*", "$1");
            action.accept(instances.get(Integer.parseInt(number)));
            answer(exchange, 200, "done");
        } catch (RuntimeException | AssertionError e) {
            answer(exchange, 500, e.toString());
        }
    }

    private static void answer(HttpExchange exchange, int status, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().add("Content-Type", "application/json");
        exchange.sendResponseHeaders(status, bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    private String controlAddress() {
        return "http://127.0.0.1:" + control.getAddress().getPort();
    }

    private static String address(Instance instance) {
        return "http://127.0.0.1:" + instance.port();
    }

    private static String own(String url) {
        return url.replaceFirst("/postgres$", "/own");
    }

    private static String libpq(String reactiveUrl) {
        return reactiveUrl.replaceFirst("//", "//postgres@");
    }

    @Override
    public void close() {
        withoutChat.ifPresent(Instance::close);
        instances.forEach(Instance::close);
        control.stop(0);
        controlThreads.shutdownNow();
        database.close();
    }
}
