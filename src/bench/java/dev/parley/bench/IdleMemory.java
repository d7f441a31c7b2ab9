package dev.parley.bench;

import dev.parley.bench.Turns.Sample;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Row 7: what an idle socket with one subscription costs a server, as the growth of its memory in RAM by so many of them. A JVM's heap is collected and
 * shrunk before each look, with the collector's own command; the buffers that the kernel keeps for a socket are in no figure.
 */
final class IdleMemory implements Part {

    private static final int ROOMS = 1_000;
    private static final double SETTLE_S = 3;

    @Override
    public Set<Integer> rows() {
        return Set.of(7);
    }

    @Override
    public void measure(Suite suite, Set<Integer> wanted) {
        suite.cluster().create("idle");
        Function<Load, Load> channel = load -> load.with("--path", Parley.REALTIME, "--subscribe", Parley.join("idle-{room}", ""), "--ready", Parley.JOINED);
        Function<Load, Load> changes = load -> load.with("--path", Parley.REALTIME, "--subscribe", Parley.join("idle-{room}", Parley.OWN_MESSAGES),
                "--ready", Parley.SUBSCRIBED);
        Function<Load, Load> stream = load -> load.with("--path", Parley.STREAM, "--ready", Parley.LIVE);
        Function<Load, Load> room = load -> load.with("--path", "/ws/{room}");

        for (int many : suite.options().of(new int[] {10_000, 50_000}, new int[] {10_000})) {
            int sockets = Machine.sockets(many);
            if (sockets < many) {
                suite.report().note(String.format("%,d sockets instead of %,d: the system allows no more open files in a process (ulimit -n)", sockets, many));
            }
            Report.Line line = suite.report().line(7, String.format("memory of an idle socket, %,d sockets with a broadcast channel each", sockets));
            double own = parley(suite, sockets, channel);
            line.parley("KB", new Sample(own));
            Map<String, Supplier<Optional<Server>>> peers = new TreeMap<>(Map.of("bun", () -> suite.peers().bun(-1), "node-ws", suite.peers()::nodeWs,
                    "nchan", () -> suite.peers().nchan(-1)));
            peers.forEach((name, start) -> {
                try (Peer peer = Peer.of(start.get())) {
                    peer.ifThere(server -> line.peer(name, "KB", new Sample(kilobytes(suite, server, sockets, room, -1))));
                }
            });
            int most = suite.options().binary() != null ? 12 : 20;
            line.target("≤ " + most + " KB", own <= most).end();
        }
        suite.report().line(7, "the same, 10,000 sockets with a filter on a table each").parley("KB", new Sample(parley(suite, 10_000, changes))).end();
        suite.report().line(7, "the same, 10,000 streams of a conversation each").parley("KB", new Sample(parley(suite, 10_000, stream))).end();
    }

    private static double parley(Suite suite, int sockets, Function<Load, Load> kind) {
        try (Server parley = suite.parley().start("parley", "idle")) {
            suite.parley().addConversations("idle", 0, ROOMS);
            return kilobytes(suite, parley, sockets, kind, suite.options().binary() == null ? parley.pid() : -1);
        }
    }

    /** @param jvm the process that can be told to collect its garbage, or negative */
    private static double kilobytes(Suite suite, Server server, int sockets, Function<Load, Load> kind, long jvm) {
        open(suite, server, sockets / 5, kind).close(); // classes, code and pools are there then
        long before = settled(suite, server, jvm);
        try (Load.Held readers = open(suite, server, sockets, kind)) {
            return (settled(suite, server, jvm) - before) / 1024.0 / sockets;
        }
    }

    private static Load.Held open(Suite suite, Server server, int sockets, Function<Load, Load> kind) {
        return kind.apply(suite.load(server, -1)).with("--clients", sockets, "--rooms", ROOMS, "--sources", 4, "--order", "none", "--timeout", 180).hold();
    }

    private static long settled(Suite suite, Server server, long jvm) {
        Commands.sleep(SETTLE_S);
        if (jvm > 0) {
            Path jcmd = suite.options().java().resolveSibling("jcmd");
            if (!Files.isExecutable(jcmd)) {
                throw new BenchException("row 7 needs a JDK's jcmd beside " + suite.options().java());
            }
            Commands.run(60, jcmd.toString(), String.valueOf(jvm), "GC.run");
            Commands.run(60, jcmd.toString(), String.valueOf(jvm), "GC.run");
        }
        return server.residentBytes();
    }
}
