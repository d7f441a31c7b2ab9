package dev.parley.bench;

import dev.parley.bench.Turns.Sample;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Row 6: 64 clients of pgbench insert into {@code messages}, a row a transaction. Parley tails, once without and once with the doorbell, with a reader for
 * each conversation; the peer is a table of the same columns whose trigger notifies of the row, with one listener.
 */
final class ForeignWriters implements Part {

    private static final int CONVERSATIONS = 1_000;
    private static final int CLIENTS = 64;
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

    /** What one turn of a contender came to. */
    private record Turn(double tps, double p50, double p99) {
    }

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
        for (String database : List.of("quiet", "ringing", "notifying")) {
            suite.cluster().create(database);
        }
        suite.cluster().run("notifying", PEER_TABLE);
        try (Server quiet = suite.parley().start("parley", "quiet", -1, Map.of("parley.feed.notify", "off"));
                Server ringing = suite.parley().start("parley-ringing", "ringing", -1, Map.of("parley.feed.notify", "on"));
                NotifyListener listener = new NotifyListener(suite.cluster(), "notifying", "peer")) {
            suite.parley().addConversations("quiet", 0, CONVERSATIONS);
            suite.parley().addConversations("ringing", 0, CONVERSATIONS);
            Map<String, List<Turn>> turns = new LinkedHashMap<>();
            for (int round = 0; round <= suite.options().of(3, 1); round++) {
                int seconds = suite.options().of(10, 4);
                Turn off = tailed(suite, quiet, "quiet", pgbench, seconds);
                Turn on = tailed(suite, ringing, "ringing", pgbench, seconds);
                Turn peer = notified(suite, listener, pgbench, seconds);
                if (round > 0) { // the first one warms up
                    turns.computeIfAbsent("off", key -> new ArrayList<>()).add(off);
                    turns.computeIfAbsent("on", key -> new ArrayList<>()).add(on);
                    turns.computeIfAbsent("peer", key -> new ArrayList<>()).add(peer);
                }
            }
            report(suite.report(), turns);
        }
    }

    private static void report(Report report, Map<String, List<Turn>> turns) {
        Sample off = tps(turns.get("off")), on = tps(turns.get("on")), peer = tps(turns.get("peer"));
        line(report, "off", turns.get("off"), turns.get("peer")).ratio("NOTIFY of the row", off.median() / peer.median())
                .target("≥ 2 ×", off.median() >= 2 * peer.median()).end();
        line(report, "on", turns.get("on"), turns.get("peer")).ratio("NOTIFY of the row", on.median() / peer.median()).end();
    }

    private static Report.Line line(Report report, String notify, List<Turn> parley, List<Turn> peer) {
        return report.line(6, CLIENTS + " clients of pgbench insert, parley.feed.notify=" + notify)
                .parley("tps", tps(parley)).parley("ms p50 to delivery", p50(parley)).parley("ms p99 to delivery", p99(parley))
                .peer("NOTIFY of the row", "tps", tps(peer)).peer("NOTIFY of the row", "ms p50 to delivery", p50(peer))
                .peer("NOTIFY of the row", "ms p99 to delivery", p99(peer));
    }

    private static Sample tps(List<Turn> turns) {
        return new Sample(turns.stream().mapToDouble(Turn::tps).toArray());
    }

    private static Sample p50(List<Turn> turns) {
        return new Sample(turns.stream().mapToDouble(Turn::p50).toArray());
    }

    private static Sample p99(List<Turn> turns) {
        return new Sample(turns.stream().mapToDouble(Turn::p99).toArray());
    }

    private static Turn tailed(Suite suite, Server parley, String database, Path pgbench, int seconds) {
        Load load = suite.load(parley, -1).with("--clients", CONVERSATIONS, "--rooms", CONVERSATIONS, "--path", Parley.STREAM, "--ready", Parley.LIVE,
                "--order", Parley.SEQ);
        try (Load.Held readers = load.hold()) {
            long before = count(suite, database);
            double tps = pgbench(suite, database, pgbench, seconds);
            Figures figures = readers.expect(count(suite, database) - before);
            return new Turn(tps, figures.deliveryMs("p50"), figures.deliveryMs("p99"));
        }
    }

    private static Turn notified(Suite suite, NotifyListener listener, Path pgbench, int seconds) {
        long before = count(suite, "notifying");
        listener.begin();
        double tps = pgbench(suite, "notifying", pgbench, seconds);
        double[] micros = listener.await(count(suite, "notifying") - before);
        return new Turn(tps, micros[(int) ((micros.length - 1) * 0.5)] / 1000, micros[(int) ((micros.length - 1) * 0.99)] / 1000);
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
