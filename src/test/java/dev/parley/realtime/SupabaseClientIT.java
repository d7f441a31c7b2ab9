package dev.parley.realtime;

import static org.junit.jupiter.api.Assertions.fail;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
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
    /** They stop instances: one at a time, on instances of their own. */
    private static final Set<String> STOPPING = Set.of("after.test.js", "restart.test.js");
    /** They take longest: begun last, they would be waited for alone. */
    private static final Set<String> FIRST = Set.of("tokens.test.js", "socket.test.js");
    private static final int AT_ONCE = 3;

    private static SupabaseServers steady;
    private static SupabaseServers stopped;

    @BeforeAll
    static void start() {
        Node.require();
        steady = SupabaseServers.beginAlsoWithoutChat();
        stopped = SupabaseServers.begin();
        steady.awaitReady();
        stopped.awaitReady();
    }

    @AfterAll
    static void stop() {
        Stream.of(steady, stopped).filter(Objects::nonNull).forEach(SupabaseServers::close);
    }

    /** One program for each file, a few at once, since they mostly wait. */
    @TestFactory
    Stream<DynamicContainer> theClientWorksUnmodified() {
        List<String> wanted = List.of(System.getProperty("node.files", "").split(","));
        List<String> files = Node.testFiles().stream()
                .filter(file -> wanted.contains("") || wanted.contains(file.replace(".test.js", "")))
                .sorted(Comparator.comparing(file -> !FIRST.contains(file))).toList();
        ExecutorService onSteady = Executors.newFixedThreadPool(AT_ONCE), onStopped = Executors.newSingleThreadExecutor();
        Map<String, Future<Node.Ended>> running = new LinkedHashMap<>();
        for (String file : files) {
            boolean stopping = STOPPING.contains(file);
            running.put(file, (stopping ? onStopped : onSteady).submit(() -> execute(file, stopping ? stopped : steady)));
        }
        onSteady.shutdown();
        onStopped.shutdown();
        return running.entrySet().stream().map(program -> container(program.getKey(), program.getValue()));
    }

    private static DynamicContainer container(String file, Future<Node.Ended> program) {
        return DynamicContainer.dynamicContainer(file, Stream.of(program).flatMap(awaited -> results(ended(awaited))));
    }

    private static Node.Ended ended(Future<Node.Ended> program) {
        try {
            return program.get();
        } catch (InterruptedException | ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Node.Ended execute(String file, SupabaseServers servers) {
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
