package dev.parley.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The servers that Parley is compared with. One that is not installed is empty. */
final class Peers {

    private static final Path FOLDER = Commands.HOME.resolve("peers");
    private static final Path SOURCES = Path.of("src", "bench", "peers").toAbsolutePath();
    private static final Path NCHAN = Path.of("/usr/lib/nginx/modules/ngx_nchan_module.so");
    private static final String[] PACKAGES = {"ws@8.23.0", "pg@8.23.1", "bun@1.4.5"};

    /** Installs what is missing. */
    void install() {
        if (Commands.isInstalled("npm") && !(hasModule("ws") && hasModule("pg") && hasModule("bun"))) {
            List<String> command = new ArrayList<>(List.of("npm", "install", "--prefix", FOLDER.toString(), "--no-save", "--no-audit", "--no-fund", "--loglevel=error"));
            command.addAll(List.of(PACKAGES));
            Commands.run(300, command);
        }
        if (Commands.isInstalled("apt-get") && !hasNchan()) {
            List<String> asRoot = System.getProperty("user.name").equals("root") ? List.of() : List.of("sudo");
            for (List<String> part : List.of(List.of("update", "-qq"), List.of("install", "-y", "-qq", "--no-install-recommends", "nginx", "libnginx-mod-nchan"))) {
                List<String> command = new ArrayList<>(asRoot);
                command.addAll(List.of("env", "DEBIAN_FRONTEND=noninteractive", "apt-get"));
                command.addAll(part);
                Commands.run(300, command);
            }
        }
    }

    /** What can't be measured for want of a peer, one for each line. */
    List<String> missing() {
        List<String> missing = new ArrayList<>();
        if (!hasModule("bun")) {
            missing.add("bun is not installed");
        }
        if (!hasNchan()) {
            missing.add("nginx with nchan is not installed");
        }
        if (!hasNode("ws")) {
            missing.add("node with the package ws is not installed");
        }
        if (!hasNode("pg")) {
            missing.add("node with the package pg is not installed");
        }
        return missing;
    }

    Optional<Server> bun(int core) {
        int port = Commands.freePort();
        return !hasModule("bun") ? Optional.empty() : Optional.of(Server.start("bun",
                Parley.pinned(core, List.of(bunProgram(), SOURCES.resolve("bun-uws.js").toString(), String.valueOf(port))), Map.of(), port, null));
    }

    Optional<Server> nodeWs() {
        return hasNode("ws") ? Optional.of(node("node-ws", Map.of())) : Optional.empty();
    }

    /** An INSERT for each POST, a NOTIFY of the row by trigger, over a database of the cluster. */
    Optional<Server> nodePg(Cluster cluster, String database) {
        return hasNode("pg") && hasNode("ws") ? Optional.of(node("node-pg", Map.of("PGHOST", "127.0.0.1", "PGPORT", String.valueOf(cluster.port()),
                "PGUSER", Cluster.USER, "PGDATABASE", database))) : Optional.empty();
    }

    Optional<Server> nchan(int core) {
        if (!hasNchan()) {
            return Optional.empty();
        }
        try {
            int port = Commands.freePort();
            Path home = Files.createDirectories(Commands.HOME.resolve("nchan"));
            Path configuration = home.resolve("nchan.conf");
            String user = System.getProperty("user.name").equals("root") ? "user root;\n" : "";
            Files.writeString(configuration, user + Files.readString(SOURCES.resolve("nchan.conf")).replace("@PORT@", String.valueOf(port)));
            return Optional.of(Server.start("nchan", Parley.pinned(core,
                    List.of("nginx", "-p", home + "/", "-e", "error.log", "-c", configuration.toString())), Map.of(), port, null));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Server node(String name, Map<String, String> environment) {
        int port = Commands.freePort();
        // the sources look for packages where they lie, and else here
        Map<String, String> all = new HashMap<>(environment);
        all.put("NODE_PATH", FOLDER.resolve("node_modules").toString());
        return Server.start(name, List.of("node", SOURCES.resolve(name + ".js").toString(), String.valueOf(port)), all, port, null);
    }

    static String bunProgram() {
        return FOLDER.resolve("node_modules/.bin/bun").toString();
    }

    static boolean hasModule(String name) {
        return Files.isDirectory(FOLDER.resolve("node_modules").resolve(name));
    }

    static boolean hasNchan() {
        return Commands.isInstalled("nginx") && Files.exists(NCHAN);
    }

    private static boolean hasNode(String module) {
        return Commands.isInstalled("node") && hasModule(module);
    }
}
