package dev.parley.bench;

import dev.parley.bench.Turns.Runs;
import dev.parley.bench.Turns.Sample;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/** Rows 3 to 5: messages that are stored first. Service, database, load generator and peer share the machine. */
final class Messages implements Part {

    private static final int CONVERSATIONS = 1_000;
    private static final int[] IN_FLIGHT = {64, 256, 512};
    private static final String DATABASE = "chat";
    private static final String SEND = "{\"type\":\"send\",\"id\":\"{id}\",\"content\":\"{mark} {pad}\"}";

    @Override
    public Set<Integer> rows() {
        return Set.of(3, 4, 5);
    }

    @Override
    public void measure(Suite suite, Set<Integer> wanted) {
        suite.cluster().create(DATABASE);
        suite.cluster().create("peer");
        try (Server parley = suite.parley().start("parley", DATABASE); Peer peer = Peer.of(suite.peers().nodePg(suite.cluster(), "peer"))) {
            suite.parley().addConversations(DATABASE, 0, CONVERSATIONS);
            warmUp(suite, parley, peer);
            if (wanted.contains(3)) {
                committedFanOut(suite, parley, peer);
            }
            if (wanted.contains(4)) {
                durableSends(suite, parley, peer);
            }
            if (wanted.contains(5)) {
                latency(suite, parley, peer);
            }
        }
        if (wanted.contains(4)) {
            new BatchCeiling(suite, DATABASE, CONVERSATIONS).measure();
        }
    }

    private static void warmUp(Suite suite, Server parley, Peer peer) {
        int messages = suite.options().of(160_000, 20_000);
        post(suite, parley, CONVERSATIONS, CONVERSATIONS, 64).with("--done-by-ack", "--messages", messages, "--duration", 45).run();
        bySocket(suite, parley, 64).with("--messages", messages / 4, "--duration", 15).run();
        peer.ifThere(server -> post(suite, server, CONVERSATIONS, CONVERSATIONS, 64).with("--done-by-ack", "--messages", messages, "--duration", 45).run());
    }

    private static void committedFanOut(Suite suite, Server parley, Peer peer) {
        Turns turns = turns(parley, peer, (server) -> post(suite, server, 1_000, 1, 64).with("--duration", suite.options().of(5, 3)));
        Map<String, Runs> runs = turns.take(rounds(suite));
        compare(suite.report().line(3, "committed messages to 1,000 readers of one conversation, 64 in flight").runs(runs), runs,
                "deliveries/s", Figures::deliveriesPerSecond, 5);
    }

    private static void durableSends(Suite suite, Server parley, Peer peer) {
        for (int inFlight : suite.options().of(IN_FLIGHT, new int[] {64, 512})) {
            Turns turns = turns(parley, peer,
                    server -> post(suite, server, CONVERSATIONS, CONVERSATIONS, inFlight).with("--done-by-ack", "--duration", suite.options().of(5, 3)));
            turns.add("sockets", () -> bySocket(suite, parley, inFlight).with("--duration", suite.options().of(5, 3)).run());
            Map<String, Runs> runs = turns.take(rounds(suite));
            String what = inFlight + " in flight, 1,000 conversations with a reader each";
            Map<String, Runs> sockets = new LinkedHashMap<>(runs);
            sockets.put("parley", sockets.remove("sockets"));
            runs.remove("sockets");
            compare(suite.report().line(4, "durable sends by REST, " + what).runs(runs), runs, "messages/s", Figures::perSecond, 5);
            compare(suite.report().line(4, "durable sends by WebSocket, " + what + " (peer by REST)").runs(sockets), sockets, "messages/s", Figures::perSecond, 5);
        }
    }

    private static void latency(Suite suite, Server parley, Peer peer) {
        Function<Server, Load> single = server -> post(suite, server, 100, 100, 1);
        // a message by itself goes other ways in the server than many do; with less both were still compiling them while they were measured
        turns(parley, peer, server -> single.apply(server).with("--duration", suite.options().of(30, 3))).take(1);
        Map<String, Runs> closed = turns(parley, peer, server -> single.apply(server).with("--duration", suite.options().of(5, 3))).take(suite.options().of(5, 1));
        report(suite.report().line(5, "insert to delivery, one in flight").runs(closed), closed);
        Map<String, Runs> open = turns(parley, peer,
                server -> post(suite, server, 100, 100, 64).with("--rate", 1_000, "--duration", suite.options().of(5, 3))).take(rounds(suite));
        report(suite.report().line(5, "insert to delivery, 1,000 messages/s offered").runs(open), open);
    }

    private static void report(Report.Line line, Map<String, Runs> runs) {
        Sample half = runs.get("parley").sample(figures -> figures.deliveryMs("p50"));
        Sample most = runs.get("parley").sample(figures -> figures.deliveryMs("p99"));
        line.parley("ms p50", half).parley("ms p99", most);
        Runs peer = runs.get("node-pg");
        if (peer != null) {
            Sample peerHalf = peer.sample(figures -> figures.deliveryMs("p50"));
            Sample peerMost = peer.sample(figures -> figures.deliveryMs("p99"));
            line.peer("node-pg", "ms p50", peerHalf).peer("node-pg", "ms p99", peerMost)
                    .ratio("p50", half.median() / peerHalf.median()).ratio("p99", most.median() / peerMost.median())
                    .target("p50 ≤ 1.5 ×", half.median() <= 1.5 * peerHalf.median()).target("p99 ≤ 1 ×", most.median() <= peerMost.median());
        }
        line.end();
    }

    private static void compare(Report.Line line, Map<String, Runs> runs, String unit, ToDoubleFunction<Figures> figure, double target) {
        Sample parley = runs.get("parley").sample(figure);
        line.parley(unit, parley);
        if (runs.containsKey("node-pg")) {
            Sample peer = runs.get("node-pg").sample(figure);
            line.peer("node-pg", unit, peer).ratio("node-pg", parley.median() / peer.median()).target("≥ " + target + " ×", parley.median() >= target * peer.median());
        }
        line.end();
    }

    private static Turns turns(Server parley, Peer peer, Function<Server, Load> load) {
        Turns turns = new Turns().add("parley", () -> load.apply(parley).run());
        peer.ifThere(server -> turns.add(server.name(), () -> load.apply(server).run()));
        return turns;
    }

    private static int rounds(Suite suite) {
        return suite.options().of(3, 1);
    }

    /** By REST, with the readers' streams open beside. The peer numbers rows, but promises no order. */
    static Load post(Suite suite, Server server, int readers, int conversations, int inFlight) {
        Load load = suite.load(server, -1).with("--clients", readers, "--rooms", conversations, "--window", inFlight, "--connections", inFlight,
                "--messages", 2_000_000, "--body", Parley.BODY);
        return server.name().startsWith("parley")
                ? load.with("--path", Parley.STREAM, "--ready", Parley.LIVE, "--order", Parley.SEQ, "--http", Parley.MESSAGES)
                : load.with("--path", "/r/{room}", "--http", "/r/{room}", "--order", "none");
    }

    private static Load bySocket(Suite suite, Server parley, int inFlight) {
        return suite.load(parley, -1).with("--clients", CONVERSATIONS, "--rooms", CONVERSATIONS, "--window", inFlight, "--messages", 2_000_000,
                "--path", Parley.STREAM, "--ready", Parley.LIVE, "--order", Parley.SEQ, "--send", SEND, "--ack", "\"type\":\"ack\"", "--done-by-ack");
    }
}
