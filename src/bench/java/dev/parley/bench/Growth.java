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
import java.util.function.ToDoubleFunction;

/**
 * Row 9: whether the rate of messages, and the processor time of the service for each, stay as they are with more conversations, more idle sockets, more
 * idle filters, more instances; and the rate of joins with more of them. The same work in each of a line.
 */
final class Growth implements Part {

    private static final String DATABASE = "growth";
    private static final int IN_FLIGHT = 64;
    /** Conversations that have readers; what is idle follows others. */
    private static final int READ = 100;
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
            Server first = suite.parley().start("parley", DATABASE);
            instances.add(first);
            seed(suite, most);
            warmUp(suite, first, suite.options().of(160_000, 20_000), suite.options().of(45, 20));
            conversations(suite, first, conversations);
            streams(suite, first, most - READ);
            joins(suite, first);
            filters(suite, first);
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

    private static void warmUp(Suite suite, Server server, int messages, int seconds) {
        streamed(suite, List.of(server)).with("--messages", messages, "--duration", seconds).run();
    }

    /** So many messages that a server which is warm otherwise is so for this work, too. */
    private static void settle(Suite suite, Load load) {
        load.copy().with("--duration", suite.options().of(8, 3)).run();
    }

    private static void conversations(Suite suite, Server server, int[] numbers) {
        Turns turns = new Turns();
        // two global streams get every message, so that the deliveries are as many
        Load load = posting(suite, List.of(server)).with("--path", "/ws/feed", "--ready", Parley.LIVE, "--clients", 2, "--everything");
        settle(suite, load.copy().with("--rooms", READ));
        for (int number : numbers) {
            turns.add(String.format("%,d conversations", number), () -> measured(suite, load.copy().with("--rooms", number)));
        }
        report(suite.report(), turns.take(rounds(suite)));
    }

    private static void streams(Suite suite, Server server, int conversations) {
        Turns turns = new Turns();
        for (int wanted : suite.options().of(new int[] {1_000, 50_000}, new int[] {1_000, 10_000})) {
            int sockets = Machine.sockets(wanted);
            Load idle = idle(suite, server, sockets).with("--rooms", Math.min(sockets, conversations), "--path", Parley.STREAM, "--ready", Parley.LIVE);
            beside(suite, turns, String.format("%,d idle sockets", sockets), idle, streamed(suite, List.of(server)));
        }
        report(suite.report(), turns.take(suite.options().of(2, 1)));
    }

    /** Readers that all come at once, as after a restart; then a few messages, to see that they are there. */
    private static void joins(Suite suite, Server server) {
        Turns turns = new Turns();
        for (int wanted : suite.options().of(new int[] {1_000, 50_000}, new int[] {1_000, 10_000})) {
            int readers = Machine.sockets(wanted);
            Load load = posting(suite, List.of(server)).with("--path", Parley.STREAM, "--ready", Parley.LIVE, "--clients", readers, "--rooms", readers,
                    "--sources", 4, "--timeout", 180, "--messages", 100, "--window", 1, "--connections", 1);
            turns.add(String.format("%,d at once", readers), load::run);
        }
        report(suite.report(), turns.take(rounds(suite)), "readers that join a conversation each, ", "joins/s", Figures::joinsPerSecond, Figures::serverMicrosForReader);
    }

    /** Supabase clients with a filter each, none of which lets the messages through; the readers are such clients too. */
    private static void filters(Suite suite, Server server) {
        Turns turns = new Turns();
        Load load = filtering(posting(suite, List.of(server))).with("--clients", READ, "--rooms", READ);
        settle(suite, load);
        for (int wanted : suite.options().of(new int[] {1_000, 20_000}, new int[] {1_000, 5_000})) {
            int sockets = Machine.sockets(wanted);
            Load idle = filtering(idle(suite, server, sockets)).with("--rooms", sockets);
            beside(suite, turns, String.format("%,d idle filters", sockets), idle, load);
        }
        report(suite.report(), turns.take(suite.options().of(2, 1)));
    }

    /** What has just joined is not idle yet: a collector copies it several times before it lets it lie. */
    private static void beside(Suite suite, Turns turns, String name, Load idle, Load load) {
        turns.add(name, () -> {
            try (Load.Held held = idle.hold()) {
                settle(suite, load);
                return measured(suite, load);
            }
        });
    }

    /**
     * Those that are there share the work; they are started one after the other, so there are no turns here. The first has worked for minutes by then: each other
     * one is warmed up for longer than usual, or what would be seen is a JVM that still compiles.
     */
    private static void instances(Suite suite, List<Server> instances) {
        Map<String, Runs> runs = new LinkedHashMap<>();
        for (int number = 1; number <= INSTANCES; number++) {
            if (number > 1) {
                instances.add(suite.parley().start("parley-" + number, DATABASE));
                warmUp(suite, instances.get(number - 1), suite.options().of(600_000, 20_000), suite.options().of(90, 20));
                settle(suite, streamed(suite, instances));
            }
            Supplier<Figures> run = () -> measured(suite, streamed(suite, instances));
            runs.putAll(new Turns().add(number + (number == 1 ? " instance" : " instances"), run).take(rounds(suite)));
        }
        report(suite.report(), runs);
    }

    private static Load idle(Suite suite, Server server, int sockets) {
        return suite.load(server, -1).with("--clients", sockets, "--first-room", READ, "--sources", 4, "--order", "none", "--timeout", 180);
    }

    private static Load filtering(Load load) {
        return load.with("--path", Parley.REALTIME, "--subscribe", Parley.join("growth-{room}", Parley.OWN_MESSAGES), "--ready", Parley.SUBSCRIBED);
    }

    /** A stream on each conversation. */
    private static Load streamed(Suite suite, List<Server> servers) {
        return posting(suite, servers).with("--path", Parley.STREAM, "--ready", Parley.LIVE, "--clients", READ, "--rooms", READ);
    }

    private static Load posting(Suite suite, List<Server> servers) {
        return new Load(suite.tally(), List.copyOf(servers), -1).with("--order", Parley.SEQ, "--http", Parley.MESSAGES, "--body", Parley.BODY,
                "--window", IN_FLIGHT, "--connections", IN_FLIGHT, "--messages", 400_000);
    }

    private static Figures measured(Suite suite, Load load) {
        return load.copy().with("--duration", suite.options().of(5, 3)).run();
    }

    private static int rounds(Suite suite) {
        return suite.options().of(3, 1);
    }

    private static void report(Report report, Map<String, Runs> runs) {
        report(report, runs, "durable sends by REST, " + IN_FLIGHT + " in flight, ", "messages/s", Figures::perSecond, Figures::serverMicros);
    }

    private static void report(Report report, Map<String, Runs> runs, String what, String unit, ToDoubleFunction<Figures> figure, ToDoubleFunction<Figures> cost) {
        if (runs.isEmpty()) {
            return;
        }
        String first = runs.keySet().iterator().next();
        double base = runs.get(first).sample(figure).median();
        runs.forEach((name, each) -> {
            Sample rate = each.sample(figure);
            Report.Line line = report.line(9, what + name).runs(Map.of("parley", each)).parley(unit, rate).parley("µs of the service for each", each.sample(cost));
            if (!name.equals(first)) {
                line.ratio(first, rate.median() / base).target("within 20 %", rate.median() >= FLAT * base);
            }
            line.end();
        });
    }
}
