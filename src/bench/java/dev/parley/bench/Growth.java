package dev.parley.bench;

import dev.parley.bench.Turns.Runs;
import dev.parley.bench.Turns.Sample;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** Row 9: whether the rate of messages stays as it is with more conversations, more idle sockets, more instances. The same work in each. */
final class Growth implements Part {

    private static final String DATABASE = "growth";
    private static final int IN_FLIGHT = 64;
    private static final double FLAT = 0.8;
    private static final int INSTANCES = 3;

    @Override
    public Set<Integer> rows() {
        return Set.of(9);
    }

    @Override
    public void measure(Suite suite, Set<Integer> wanted) {
        suite.cluster().create(DATABASE);
        int[] conversations = suite.options().of(new int[] {100, 10_000, 100_000}, new int[] {100, 10_000});
        int most = Arrays.stream(conversations).max().orElseThrow();
        List<Server> instances = new ArrayList<>();
        try {
            instances.add(suite.parley().start("parley", DATABASE));
            seed(suite, most);
            warmUp(suite, instances);
            conversations(suite, instances.get(0), conversations);
            idleSockets(suite, instances.get(0), most);
            instances(suite, instances);
        } finally {
            instances.forEach(Server::close);
        }
    }

    /** A first message in each conversation, so that none begins while it is measured. */
    private static void seed(Suite suite, int conversations) {
        suite.parley().addConversations(DATABASE, 0, conversations);
        suite.cluster().run(DATABASE, """
                begin; set local parley.quiet = on;
                insert into messages (conversation_id, sender_role, content) select id, 'system', 'the first' from conversations order by id;
                commit""");
        suite.cluster().run(DATABASE, "vacuum analyze");
    }

    private static void warmUp(Suite suite, List<Server> servers) {
        chat(suite, servers, suite.options().of(160_000, 20_000), 45).run();
    }

    private static void conversations(Suite suite, Server server, int[] numbers) {
        Turns turns = new Turns();
        for (int number : numbers) {
            // two global streams get every message, so that the deliveries are as many
            turns.add(String.format("%,d conversations", number), () -> suite.load(server, -1).with("--path", "/ws/feed", "--ready", Parley.LIVE,
                    "--clients", 2, "--everything", "--rooms", number, "--order", Parley.SEQ, "--http", Parley.MESSAGES, "--body", Parley.BODY,
                    "--window", IN_FLIGHT, "--connections", IN_FLIGHT, "--messages", 400_000, "--duration", seconds(suite)).run());
        }
        report(suite.report(), turns.take(rounds(suite)));
    }

    private static void idleSockets(Suite suite, Server server, int conversations) {
        Turns turns = new Turns();
        for (int sockets : suite.options().of(new int[] {1_000, 50_000}, new int[] {1_000, 10_000})) {
            if (!Machine.canOpen(sockets)) {
                suite.report().note("row 9 with " + sockets + " idle sockets is left out: the system allows fewer open files (ulimit -n)");
                continue;
            }
            turns.add(String.format("%,d idle sockets", sockets), () -> {
                int rooms = Math.min(sockets, conversations - 100);
                Load idle = suite.load(server, -1).with("--path", Parley.STREAM, "--ready", Parley.LIVE, "--clients", sockets, "--rooms", rooms,
                        "--first-room", 100, "--sources", 4, "--order", "none", "--timeout", 180);
                try (Load.Held readers = idle.hold()) {
                    return chat(suite, List.of(server), 2_000_000, seconds(suite)).run();
                }
            });
        }
        report(suite.report(), turns.take(suite.options().of(2, 1)));
    }

    /** Those that are there share the work; they are started one after the other, so there are no turns here. */
    private static void instances(Suite suite, List<Server> instances) {
        Map<String, Runs> runs = new LinkedHashMap<>();
        for (int number = 1; number <= INSTANCES; number++) {
            if (number > 1) {
                instances.add(suite.parley().start("parley-" + number, DATABASE));
                warmUp(suite, List.of(instances.get(number - 1)));
            }
            Supplier<Figures> run = () -> chat(suite, instances, 2_000_000, seconds(suite)).run();
            String name = number + (number == 1 ? " instance" : " instances");
            runs.putAll(new Turns().add(name, run).take(rounds(suite)));
        }
        report(suite.report(), runs);
    }

    /** 100 conversations with a reader each, by REST. */
    private static Load chat(Suite suite, List<Server> servers, int messages, int seconds) {
        return new Load(suite.tally(), servers, -1).with("--path", Parley.STREAM, "--ready", Parley.LIVE, "--order", Parley.SEQ, "--clients", 100, "--rooms", 100,
                "--http", Parley.MESSAGES, "--body", Parley.BODY, "--window", IN_FLIGHT, "--connections", IN_FLIGHT, "--messages", messages, "--duration", seconds);
    }

    private static int seconds(Suite suite) {
        return suite.options().of(5, 3);
    }

    private static int rounds(Suite suite) {
        return suite.options().of(3, 1);
    }

    private static void report(Report report, Map<String, Runs> runs) {
        String first = runs.keySet().iterator().next();
        double base = runs.get(first).sample(Figures::perSecond).median();
        Report.Line line = report.line(9, "messages/s with " + runs.keySet().stream().collect(Collectors.joining(", "))).runs(runs);
        double least = base;
        for (Map.Entry<String, Runs> each : runs.entrySet()) {
            Sample sample = each.getValue().sample(Figures::perSecond);
            line.parley("messages/s with " + each.getKey(), sample);
            if (!each.getKey().equals(first)) {
                line.ratio(first, sample.median() / base);
                least = Math.min(least, sample.median());
            }
        }
        line.target("within 20 %", least >= FLAT * base).end();
    }
}
