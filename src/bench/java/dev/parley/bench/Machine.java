package dev.parley.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;

/** Where and with what was measured. */
final class Machine {

    private Machine() {
    }

    static void describe(Suite suite, ObjectNode json) {
        Options options = suite.options();
        json.put("date", Instant.now().toString()).put("short", options.brief());
        json.putObject("machine").put("cores", Runtime.getRuntime().availableProcessors()).put("processor", first(Path.of("/proc/cpuinfo"), "model name"))
                .put("memory", first(Path.of("/proc/meminfo"), "MemTotal")).put("kernel", System.getProperty("os.name") + " " + System.getProperty("os.version"));
        ObjectNode versions = json.putObject("versions");
        versions.put("parley", said(List.of("git", "describe", "--always", "--dirty", "--tags")));
        Path artifact = options.binary() == null ? options.jar() : options.binary();
        versions.put("artifact", artifact.toString()).put("artifact_made", made(artifact));
        if (options.binary() == null) {
            versions.put("java", said(List.of(options.java().toString(), "--version")));
            versions.put("jvm_options", String.join(" ", options.jvmOptions()));
        }
        versions.put("postgresql", suite.cluster().value("postgres", "show server_version"));
        versions.put("gcc", said(List.of("gcc", "--version")));
        if (Commands.isInstalled("node")) {
            versions.put("node", said(List.of("node", "--version")));
        }
        if (Peers.hasModule("bun")) {
            versions.put("bun", said(List.of(Peers.bunProgram(), "--version")));
        }
        if (Peers.hasNchan()) {
            versions.put("nginx", said(List.of("nginx", "-v")));
            versions.put("nchan", Commands.isInstalled("dpkg-query") ? said(List.of("dpkg-query", "-W", "libnginx-mod-nchan")) : "unknown");
        }
    }

    /** So many sockets, or as many as the system lets both ends open. */
    static int sockets(int wanted) {
        String limit = first(Path.of("/proc/self/limits"), "Max open files").split(" ")[0];
        return limit.matches("\\d+") ? Math.min(wanted, (Integer.parseInt(limit) - 1_000) / 1_000 * 1_000) : wanted;
    }

    static boolean hasTwoCores() {
        return Runtime.getRuntime().availableProcessors() >= 2;
    }

    private static String said(List<String> command) {
        try {
            return Commands.run(20, command).lines().findFirst().orElse("").strip();
        } catch (BenchException e) {
            return "unknown";
        }
    }

    private static String made(Path artifact) {
        try {
            return Files.getLastModifiedTime(artifact).toString();
        } catch (IOException e) {
            return "unknown";
        }
    }

    private static String first(Path file, String name) {
        try {
            return Files.readAllLines(file).stream().filter(line -> line.startsWith(name)).findFirst()
                    .map(line -> String.join(" ", Arrays.stream(line.substring(name.length()).split("[:\\s]+")).filter(word -> !word.isEmpty()).toList())).orElse("unknown");
        } catch (IOException e) {
            return "unknown";
        }
    }
}
