package dev.parley.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.parley.bench.Turns.Runs;
import dev.parley.bench.Turns.Sample;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What has been measured: a Markdown table for people, JSON for everything else. Any thread may write out what there is. */
final class Report {

    static final Path RESULTS = Commands.HOME.resolve("results.json");
    private static final ObjectMapper JSON = new ObjectMapper();

    private final List<String> lines = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();
    private final ObjectNode json = JSON.createObjectNode();
    private final ArrayNode rows = json.putArray("rows");

    /** The line of the table that is being put together. */
    final class Line {

        private final ObjectNode node = rows.addObject();
        private final int row;
        private final String what;
        private String parley = "";
        private String peers = "";
        private String ratio = "";
        private String target = "";

        private Line(int row, String what) {
            this.row = row;
            this.what = what;
            node.put("row", row).put("what", what);
        }

        /** One figure of Parley, formatted by itself and, where there are several runs, with the span of them. */
        Line parley(String figure, Sample sample) {
            parley = parley.isEmpty() ? text(sample, figure) : parley + ", " + text(sample, figure);
            put(node.withObject("parley"), figure, sample);
            return this;
        }

        Line peer(String name, String figure, Sample sample) {
            boolean again = node.path("peers").has(name);
            peers = again ? peers + ", " + text(sample, figure) : join(peers, name + " " + text(sample, figure));
            put(node.withObject("peers").withObject(name), figure, sample);
            return this;
        }

        /** How many times the other it is. */
        Line ratio(String to, double ratio) {
            this.ratio = join(this.ratio, String.format(Locale.ROOT, "%.2f × %s", ratio, to));
            node.withObject("ratio").put(to, rounded(ratio));
            return this;
        }

        Line target(String text, boolean met) {
            target = join(target, text + (met ? " ✓" : " ✗"));
            node.withArray("targets").addObject().put("target", text).put("met", met);
            return this;
        }

        /** Everything that the load generator said of each run. */
        Line runs(Map<String, Runs> runs) {
            runs.forEach((name, each) -> each.figures().forEach(figures -> node.withObject("runs").withArray(name).add(figures.json())));
            return this;
        }

        void end() {
            String line = "| " + String.join(" | ", String.valueOf(row), what, parley, peers, ratio, target) + " |";
            add(line);
            System.out.println(line);
        }

        private void put(ObjectNode into, String figure, Sample sample) {
            ObjectNode put = into.putObject(figure).put("median", rounded(sample.median()));
            for (double run : sample.runs()) {
                put.withArray("runs").add(rounded(run));
            }
        }
    }

    synchronized Line line(int row, String what) {
        return new Line(row, what);
    }

    /** Something that is to be known of the figures. */
    synchronized void note(String text) {
        if (!notes.contains(text)) {
            notes.add(text);
            System.out.println("Note: " + text);
        }
    }

    ObjectNode json() {
        return json;
    }

    synchronized String markdown() {
        StringBuilder text = new StringBuilder("\n| Row | What | Parley | Peer | Ratio | Target |\n|---|---|---|---|---|---|\n");
        lines.forEach(line -> text.append(line).append('\n'));
        notes.forEach(note -> text.append("\n- ").append(note));
        return text.append('\n').toString();
    }

    /** Writes what there is so far. */
    synchronized void write(Tally tally) {
        json.set("faults", tally.json());
        ArrayNode all = json.putArray("notes");
        notes.forEach(all::add);
        try {
            Files.writeString(RESULTS, JSON.writerWithDefaultPrettyPrinter().writeValueAsString(json) + "\n");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** With three digits, and the span of the runs in brackets. */
    static String text(Sample sample, String unit) {
        String median = number(sample.median());
        String span = sample.runs().length < 2 ? "" : " (" + number(sample.least()) + "–" + number(sample.most()) + ")";
        return median + span + " " + unit;
    }

    static String number(double value) {
        if (value >= 1000) {
            double unit = Math.pow(10, Math.floor(Math.log10(value)) - 2);
            return String.format(Locale.ROOT, "%,d", Math.round(Math.round(value / unit) * unit));
        }
        return String.format(Locale.ROOT, value >= 100 ? "%.0f" : value >= 10 ? "%.1f" : "%.2f", value);
    }

    private synchronized void add(String line) {
        lines.add(line);
    }

    private static String join(String before, String more) {
        return before.isEmpty() ? more : before + "; " + more;
    }

    private static double rounded(double value) {
        return Math.round(value * 1000) / 1000.0;
    }
}
