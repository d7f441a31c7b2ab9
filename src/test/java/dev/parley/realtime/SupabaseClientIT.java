package dev.parley.realtime;

import static org.junit.jupiter.api.Assertions.fail;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Supplier;
import java.util.stream.Stream;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

import com.fasterxml.jackson.databind.JsonNode;

import dev.parley.testing.Json;

/** Applications written for Supabase keep their code: its newest client and an older one, with both protocols. The tests are in {@code src/test/node}. */
class SupabaseClientIT {

    private static final Duration PATIENCE = Duration.ofMinutes(10);
    private static final String MARK = "@test ";
    /** They stop instances. */
    private static final Set<String> ALONE = Set.of("after.test.js", "presence.test.js", "restart.test.js");
    /** They take longest: begun last, they would be waited for alone. */
    private static final Set<String> FIRST = Set.of("tokens.test.js", "socket.test.js");
    private static final int AT_ONCE = 4;

    private static SupabaseServers servers;

    @BeforeAll
    static void start() {
        Node.require();
        servers = new SupabaseServers();
    }

    @AfterAll
    static void stop() {
        if (servers != null) {
            servers.close();
        }
    }

    /** One program for each file: a few at once, since they mostly wait; then, one after the other, those that stop the service. */
    @TestFactory
    Stream<DynamicContainer> theClientWorksUnmodified() {
        List<String> wanted = List.of(System.getProperty("node.files", "").split(","));
        List<String> files = Node.testFiles().stream()
                .filter(file -> wanted.contains("") || wanted.contains(file.replace(".test.js", "")))
                .sorted(Comparator.comparing(file -> !FIRST.contains(file))).toList();
        ExecutorService programs = Executors.newFixedThreadPool(AT_ONCE);
        Map<String, Future<Node.Ended>> running = new LinkedHashMap<>();
        files.stream().filter(file -> !ALONE.contains(file)).forEach(file -> running.put(file, programs.submit(() -> execute(file))));
        programs.shutdown();
        return Stream.concat(
                running.entrySet().stream().map(program -> container(program.getKey(), () -> ended(program.getValue()))),
                files.stream().filter(ALONE::contains).map(file -> container(file, () -> execute(file))));
    }

    private static DynamicContainer container(String file, Supplier<Node.Ended> program) {
        return DynamicContainer.dynamicContainer(file, Stream.of(program).flatMap(awaited -> results(awaited.get())));
    }

    private static Node.Ended ended(Future<Node.Ended> program) {
        try {
            return program.get();
        } catch (InterruptedException | ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Node.Ended execute(String file) {
        List<String> command = new ArrayList<>(List.of("node", "--test-reporter=./reporter.js", "--test-reporter-destination=stdout"));
        String names = System.getProperty("node.names");
        if (names != null) {
            command.add("--test-name-pattern=" + names);
        }
        command.add(file);
        return Node.run(PATIENCE, servers.environment(), command.toArray(String[]::new));
    }

    private static Stream<DynamicTest> results(Node.Ended ended) {
        List<JsonNode> tests = ended.lines().stream().filter(line -> line.startsWith(MARK)).map(line -> Json.read(line.substring(MARK.length()))).toList();
        String rest = String.join("\n", ended.lines().stream().filter(line -> !line.startsWith(MARK)).toList());
        boolean failed = tests.stream().anyMatch(test -> !test.get("failure").isNull());
        DynamicTest end = DynamicTest.dynamicTest("ends", () -> {
            if (tests.isEmpty() || ended.exit() != 0 && !failed) {
                fail(ended.exit() < 0 ? "did not end within " + PATIENCE + "\n" + rest : "ended with " + ended.exit() + "\n" + rest);
            }
        });
        return Stream.concat(tests.stream().map(test -> DynamicTest.dynamicTest(test.get("name").asText(), () -> {
            Assumptions.assumeTrue(test.get("skipped").isNull(), () -> test.get("skipped").asText());
            if (!test.get("failure").isNull()) {
                fail(test.get("failure").asText());
            }
        })), Stream.of(end));
    }
}
