package dev.parley.bench;

import dev.parley.bench.Turns.Runs;
import dev.parley.bench.Turns.Sample;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;

/**
 * Rows 1 and 2: broadcasts to many readers of one topic; each server on core 0, the load generator on core 1. All are published over one WebSocket: to Parley
 * as the binary frames that Supabase's client sends.
 */
final class FanOut implements Part {

    private static final int SERVER_CORE = Machine.hasTwoCores() ? 0 : -1;
    private static final int LOAD_CORE = Machine.hasTwoCores() ? 1 : -1;
    private static final int[] READERS = {1_000, 10_000};
    private static final int MANY = 16;

    /** Kind 3, lengths of join ref, ref, topic, event and metadata, JSON; then these. */
    private static final String PUSH = "\\x03\\x01\\x01\\x0e\\x01\\x00\\x0111realtime:benchm{\"text\":\"{mark} {pad}\"}";
    private static final String PLAIN = "{\"text\":\"{mark} {pad}\"}";

    @Override
    public Set<Integer> rows() {
        return Set.of(1, 2);
    }

    @Override
    public void measure(Suite suite, Set<Integer> wanted) {
        suite.cluster().create("fanout");
        try (Server parley = suite.parley().start("parley", "fanout", SERVER_CORE, Map.of());
                Peer bun = Peer.of(suite.peers().bun(SERVER_CORE));
                Peer nchan = Peer.of(suite.peers().nchan(SERVER_CORE))) {
            Map<String, BiFunction<Integer, Integer, Load>> loads = new LinkedHashMap<>();
            loads.put("parley", (readers, window) -> load(suite, parley, readers, window)
                    .with("--path", Parley.REALTIME, "--subscribe", Parley.join("bench", ""), "--ready", Parley.JOINED, "--publish", PUSH, "--binary"));
            bun.ifThere(server -> loads.put("bun", (readers, window) -> load(suite, server, readers, window).with("--path", "/ws/bench", "--publish", PLAIN)));
            nchan.ifThere(server -> loads.put("nchan", (readers, window) -> load(suite, server, readers, window)
                    .with("--path", "/ws/bench", "--publish-path", "/pub/bench", "--publish", PLAIN)));

            loads.values().forEach(load -> load.apply(READERS[0], MANY).with("--duration", suite.options().of(15, 4)).run());
            loads.values().forEach(load -> load.apply(READERS[0], 1).with("--duration", suite.options().of(5, 2)).run());
            for (int row : wanted) {
                for (int readers : READERS) {
                    int window = row == 1 ? MANY : 1;
                    Turns turns = new Turns();
                    loads.forEach((name, load) -> turns.add(name, () -> load.apply(readers, window).with("--duration", suite.options().of(4, 2)).run()));
                    report(suite.report(), row, readers, window, turns.take(suite.options().of(3, 1)));
                }
            }
        }
    }

    private static Load load(Suite suite, Server server, int readers, int window) {
        return suite.load(server, LOAD_CORE).with("--clients", readers, "--window", window, "--messages", 400_000, "--timeout", 20);
    }

    private static void report(Report report, int row, int readers, int window, Map<String, Runs> runs) {
        Sample parley = runs.get("parley").sample(Figures::deliveriesPerSecond);
        Report.Line line = report.line(row, String.format("broadcast to %,d readers, %d in flight, server on one core", readers, window))
                .parley("deliveries/s", parley).runs(runs);
        runs.forEach((name, each) -> {
            if (!name.equals("parley")) {
                Sample peer = each.sample(Figures::deliveriesPerSecond);
                line.peer(name, "deliveries/s", peer).ratio(name, parley.median() / peer.median());
            }
        });
        String measure = row == 1 ? "nchan" : "bun";
        double least = row == 1 ? 1 : 0.8;
        Optional.ofNullable(runs.get(measure)).ifPresent(peer -> line.target("≥ " + least + " × " + measure,
                parley.median() >= least * peer.sample(Figures::deliveriesPerSecond).median()));
        line.end();
    }
}
