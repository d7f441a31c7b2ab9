package dev.parley.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** How Parley is started and spoken to. */
final class Parley {

    static final String KEY = "sb_publishable_parley";
    static final String READY = "/q/health/ready";
    /** In a stream's message frame, behind it its number. */
    static final String SEQ = "\"seq\":";
    /** The frame that says that a stream is subscribed. */
    static final String LIVE = "\"type\":\"live\"";
    static final String STREAM = "/ws/conversations/{uuid}";
    static final String MESSAGES = "/api/conversations/{uuid}/messages";
    static final String BODY = "{\"content\":\"{mark} {pad}\"}";
    /** Supabase's protocol. */
    static final String REALTIME = "/realtime/v1/websocket?vsn=2.0.0&apikey=" + KEY;
    static final String JOINED = "\"status\":\"ok\"";
    static final String SUBSCRIBED = "Subscribed to PostgreSQL";
    static final String OWN_MESSAGES = "{\"event\":\"INSERT\",\"schema\":\"public\",\"table\":\"messages\",\"filter\":\"conversation_id=eq.{uuid}\"}";

    private final Options options;
    private final Cluster cluster;

    Parley(Options options, Cluster cluster) {
        this.options = options;
        this.cluster = cluster;
    }

    /**
     * The frame that joins a public topic.
     *
     * @param changes entries of {@code postgres_changes}, JSON with commas between
     */
    static String join(String topic, String changes) {
        return """
                ["1","1","realtime:%s","phx_join",{"config":{"broadcast":{"self":false,"ack":false},"presence":{"enabled":false},"postgres_changes":[%s],"private":false}}]"""
                .formatted(topic, changes);
    }

    /** Starts an instance over a database, on one core if {@code core} is not negative. */
    Server start(String name, String database, int core, Map<String, String> settings) {
        int port = Commands.freePort();
        return Server.start(name, command(database, port, core, settings), Map.of(), port, READY);
    }

    Server start(String name, String database) {
        return start(name, database, -1, Map.of());
    }

    /** The command that starts it, the measured artifact being that of the options. */
    List<String> command(String database, int port, int core, Map<String, String> settings) {
        List<String> artifact = new ArrayList<>();
        if (options.binary() != null) {
            artifact.add(options.binary().toString());
        } else {
            artifact.add(options.java().toString());
            artifact.addAll(options.jvmOptions());
        }
        List<String> command = new ArrayList<>(pinned(core, artifact));
        command.addAll(properties(database, port, settings));
        if (options.binary() == null) {
            command.addAll(List.of("-jar", options.jar().toString()));
        }
        return command;
    }

    /** Settings as system properties. */
    List<String> properties(String database, int port, Map<String, String> more) {
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("quarkus.http.host", "127.0.0.1");
        settings.put("quarkus.http.port", String.valueOf(port));
        settings.put("quarkus.datasource.username", Cluster.USER);
        settings.put("quarkus.datasource.password", "none");
        settings.put("quarkus.datasource.jdbc.url", cluster.jdbcUrl(database));
        settings.put("quarkus.datasource.reactive.url", cluster.reactiveUrl(database));
        settings.put("parley.access", "open");
        settings.put("parley.keys.publishable", KEY);
        // one socket publishes everything here; in earnest each client has its own
        settings.put("parley.realtime.max-events-per-second", "100000000");
        settings.put("parley.realtime.max-joins-per-second", "1000000");
        settings.putAll(more);
        return settings.entrySet().stream().map(setting -> "-D" + setting.getKey() + "=" + setting.getValue()).toList();
    }

    /** Conversations as the load generator's {@code {uuid}} names them, open to everybody. */
    void addConversations(String database, int first, int number) {
        cluster.run(database, """
                insert into conversations (id)
                select ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid from generate_series(%d, %d) n
                on conflict do nothing""".formatted(first, first + number - 1));
    }

    static List<String> pinned(int core, List<String> command) {
        if (core < 0) {
            return command;
        }
        List<String> pinned = new ArrayList<>(List.of("taskset", "-c", String.valueOf(core)));
        pinned.addAll(command);
        return pinned;
    }
}
