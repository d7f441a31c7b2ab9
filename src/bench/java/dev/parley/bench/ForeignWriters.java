package dev.parley.bench;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.parley.bench.Turns.Runs;
import dev.parley.bench.Turns.Sample;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Row 6: 64 clients of pgbench insert into {@code messages}, a row a transaction. Parley tails, once without the doorbell and once as it comes, with a reader for
 * each conversation; the peer is a table of the same columns whose trigger notifies of the row, with one listener.
 */
final class ForeignWriters implements Part {

    private static final int CONVERSATIONS = 1_000;
    private static final int CLIENTS = 64;
    private static final String PEER = "NOTIFY of the row";
    private static final Pattern TPS = Pattern.compile("tps = ([0-9.]+)");
    private static final String INSERT = """
            \\set c random(0, %d)
            insert into messages (conversation_id, sender_role, content)
            values (('00000000-0000-4000-8000-' || lpad((:c)::text, 12, '0'))::uuid, 'system',
              '@@' || (extract(epoch from clock_timestamp()) * 1000000)::bigint || ':0@@ xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx');
            """.formatted(CONVERSATIONS - 1);
    private static final String PEER_TABLE = """
            create table conversations (id uuid primary key);
            insert into conversations select ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid from generate_series(0, %d) n;
            create table messages (
              id uuid primary key default gen_random_uuid(), conversation_id uuid not null references conversations (id),
              seq bigint not null generated always as identity, sender_id text not null default 'anonymous', sender_role text not null default 'customer',
              content text not null, created_at timestamptz not null default clock_timestamp(), metadata jsonb not null default '{}', unique (conversation_id, seq));
            create function notify_row() returns trigger language plpgsql as $$ begin perform pg_notify('peer', row_to_json(new)::text); return null; end $$;
            create trigger notify_row after insert on messages for each row execute function notify_row();
            """.formatted(CONVERSATIONS - 1);

    @Override
    public Set<Integer> rows() {
        return Set.of(6);
    }

    @Override
    public void measure(Suite suite, Set<Integer> wanted) {
        Path pgbench = suite.cluster().client("pgbench");
        if (pgbench == null) {
            suite.report().note("row 6 is left out: there is no pgbench beside this PostgreSQL");
            return;
        }
        for (String database : List.of("quiet", "usual", "notifying")) {
            suite.cluster().create(database);
        }
        suite.cluster().run("notifying", PEER_TABLE);
        try (Server quiet = suite.parley().start("parley", "quiet", -1, Map.of("parley.feed.notify", "off"));
                Server usual = suite.parley().start("parley-auto", "usual", -1, Map.of());
                NotifyListener listener = new NotifyListener(suite.cluster(), "notifying", "peer")) {
            suite.parley().addConversations("quiet", 0, CONVERSATIONS);
            suite.parley().addConversations("usual", 0, CONVERSATIONS);
            int seconds = suite.options().of(10, 4);
            Turns turns = new Turns().add("off", () -> tailed(suite, quiet, "quiet", pgbench, seconds))
                    .add("auto", () -> tailed(suite, usual, "usual", pgbench, seconds))
                    .add(PEER, () -> notified(suite, listener, pgbench, seconds));
            turns.take(suite.options().of(3, 1)); // warms up: as many messages as before the other rows
            Map<String, Runs> runs = turns.take(suite.options().of(3, 1));
            double peer = tps(runs.get(PEER)).median();
            double off = tps(runs.get("off")).median();
            line(suite.report(), "off", runs).ratio(PEER, off / peer).target("≥ 2 ×", off >= 2 * peer).end();
            line(suite.report(), "auto", runs).ratio(PEER, tps(runs.get("auto")).median() / peer).end();
        }
    }

    private static Report.Line line(Report report, String notify, Map<String, Runs> runs) {
        Runs parley = runs.get(notify), peer = runs.get(PEER);
        return report.line(6, CLIENTS + " clients of pgbench insert, parley.feed.notify=" + notify).runs(Map.of("parley", parley, PEER, peer))
                .parley("tps", tps(parley)).parley("ms p50 to delivery", parley.sample(run -> run.deliveryMs("p50"))).parley("ms p99", parley.sample(run -> run.deliveryMs("p99")))
                .peer(PEER, "tps", tps(peer)).peer(PEER, "ms p50 to delivery", peer.sample(run -> run.deliveryMs("p50"))).peer(PEER, "ms p99", peer.sample(run -> run.deliveryMs("p99")));
    }

    private static Sample tps(Runs runs) {
        return runs.sample(run -> run.json().path("tps").asDouble());
    }

    private static Figures tailed(Suite suite, Server parley, String database, Path pgbench, int seconds) {
        Load load = suite.load(parley, -1).with("--clients", CONVERSATIONS, "--rooms", CONVERSATIONS, "--path", Parley.STREAM, "--ready", Parley.LIVE,
                "--order", Parley.SEQ);
        try (Load.Held readers = load.hold()) {
            long before = count(suite, database);
            double tps = pgbench(suite, database, pgbench, seconds);
            Figures figures = readers.expect(count(suite, database) - before);
            figures.json().put("tps", tps);
            return figures;
        }
    }

    private static Figures notified(Suite suite, NotifyListener listener, Path pgbench, int seconds) {
        long before = count(suite, "notifying");
        listener.begin();
        double tps = pgbench(suite, "notifying", pgbench, seconds);
        double[] micros = listener.await(count(suite, "notifying") - before);
        ObjectNode json = JsonNodeFactory.instance.objectNode().put("tps", tps).put("deliveries", micros.length);
        json.putObject("delivery").put("p50_ms", percentile(micros, 0.5)).put("p99_ms", percentile(micros, 0.99));
        return new Figures(json);
    }

    private static double percentile(double[] sortedMicros, double share) {
        return sortedMicros[(int) ((sortedMicros.length - 1) * share)] / 1000;
    }

    private static long count(Suite suite, String database) {
        return Long.parseLong(suite.cluster().value(database, "select count(*) from messages"));
    }

    private static double pgbench(Suite suite, String database, Path pgbench, int seconds) {
        try {
            Path script = Files.writeString(Commands.HOME.resolve("insert.sql"), INSERT);
            String said = Commands.run(seconds + 60, pgbench.toString(), "-h", "127.0.0.1", "-p", String.valueOf(suite.cluster().port()), "-U", Cluster.USER,
                    "-n", "-M", "prepared", "-c", String.valueOf(CLIENTS), "-j", "2", "-T", String.valueOf(seconds), "-f", script.toString(), database);
            Matcher tps = TPS.matcher(said);
            if (!tps.find()) {
                throw new BenchException("pgbench says " + said);
            }
            return Double.parseDouble(tps.group(1));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
