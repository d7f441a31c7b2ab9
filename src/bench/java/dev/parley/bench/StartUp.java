package dev.parley.bench;

import dev.parley.bench.Turns.Sample;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/** Row 8: from the start of the process to readiness over a database whose schema is in place, and the idle process's memory in RAM. */
final class StartUp implements Part {

    private static final String DATABASE = "start";
    private static final double IDLE_S = 3;
    private static final double MEGABYTE = 1024 * 1024;

    @Override
    public Set<Integer> rows() {
        return Set.of(8);
    }

    @Override
    public void measure(Suite suite, Set<Integer> wanted) {
        suite.cluster().create(DATABASE);
        suite.parley().start("parley", DATABASE).close();
        Map<String, Supplier<Server>> contenders = new LinkedHashMap<>();
        contenders.put(suite.options().binary() != null ? "native" : "jar", () -> suite.parley().start("parley", DATABASE));
        if (suite.options().aotApp() != null) {
            contenders.put("jar with AOT cache", () -> aot(suite));
        }
        Map<String, List<double[]>> runs = new LinkedHashMap<>();
        for (int round = 0; round <= suite.options().of(5, 2); round++) {
            for (Map.Entry<String, Supplier<Server>> contender : contenders.entrySet()) {
                try (Server server = contender.getValue().get()) {
                    Commands.sleep(IDLE_S);
                    double[] run = {server.readySeconds() * 1000, server.residentBytes() / MEGABYTE};
                    if (round > 0) { // the first reads its files from the disk
                        runs.computeIfAbsent(contender.getKey(), key -> new ArrayList<>()).add(run);
                    }
                }
            }
        }
        runs.forEach((name, each) -> report(suite.report(), name, each));
    }

    private static void report(Report report, String name, List<double[]> runs) {
        Sample ready = new Sample(runs.stream().mapToDouble(run -> run[0]).toArray());
        Sample memory = new Sample(runs.stream().mapToDouble(run -> run[1]).toArray());
        Report.Line line = report.line(8, "start to ready, and memory idle: " + name).parley("ms", ready).parley("MB", memory);
        switch (name) {
            case "native" -> line.target("< 100 ms", ready.median() < 100).target("< 60 MB", memory.median() < 60);
            case "jar with AOT cache" -> line.target("< 1.2 s", ready.median() < 1200);
            default -> { }
        }
        line.end();
    }

    private static Server aot(Suite suite) {
        Options options = suite.options();
        int port = Commands.freePort();
        List<String> command = new ArrayList<>(List.of(options.aotJava().toString(), "@deploy/start.options",
                "-XX:AOTCache=" + options.aotApp().resolve("parley.aot")));
        command.addAll(options.jvmOptions());
        command.addAll(suite.parley().properties(DATABASE, port, Map.of()));
        command.addAll(List.of("-jar", options.aotApp().resolve("quarkus-run.jar").toString()));
        return Server.start("parley-aot", command, Map.of(), port, Parley.READY);
    }
}
