package dev.parley.bench;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** Runs the parts of the suite that are asked for. See {@code src/bench/README.md}. */
public final class Bench {

    private static final List<Part> PARTS = List.of(new FanOut(), new Messages(), new ForeignWriters(), new IdleMemory(), new StartUp(), new Growth());
    private static final Duration FULL = Duration.ofMinutes(30);
    private static final Duration BRIEF = Duration.ofMinutes(15);
    private static final int FAULTS = 1;
    private static final int NOT_RUN = 2;

    private Bench() {
    }

    public static void main(String[] arguments) throws IOException {
        if (List.of(arguments).contains("--help")) {
            System.out.println(Options.HELP);
            return;
        }
        try (FileChannel lock = FileChannel.open(Files.createDirectories(Commands.HOME).resolve("lock"), CREATE, WRITE)) {
            Options options = Options.parse(arguments);
            if (lock.tryLock() == null) {
                throw new IllegalArgumentException("The suite is running already");
            }
            Report report = new Report();
            Tally tally = new Tally();
            watch(options.of(FULL, BRIEF), report, tally);
            System.exit(run(options, report, tally));
        } catch (IllegalArgumentException e) {
            System.err.println(e.getMessage());
            System.exit(NOT_RUN);
        } catch (RuntimeException e) {
            e.printStackTrace();
            System.exit(NOT_RUN);
        }
    }

    private static int run(Options options, Report report, Tally tally) {
        Peers peers = new Peers();
        if (options.installPeers()) {
            peers.install();
        }
        boolean complete = true;
        try (Cluster cluster = Cluster.start(options.pgBin())) {
            Suite suite = new Suite(options, cluster, new Parley(options, cluster), peers, report, tally);
            Machine.describe(suite, report.json());
            peers.missing().forEach(missing -> report.note(missing + ": left out (src/bench/run --install-peers)"));
            for (Part part : PARTS) {
                Set<Integer> wanted = new TreeSet<>(part.rows());
                wanted.retainAll(options.rows());
                if (!wanted.isEmpty()) {
                    complete &= measure(part, suite, wanted);
                    report.write(tally);
                }
            }
        }
        finish(report, tally);
        return tally.of("parley") > 0 ? FAULTS : complete ? 0 : NOT_RUN;
    }

    private static void finish(Report report, Tally tally) {
        report.note("Deliveries " + tally.text());
        report.write(tally);
        System.out.println(report.markdown());
        System.out.println("Written: " + Report.RESULTS);
    }

    private static boolean measure(Part part, Suite suite, Set<Integer> wanted) {
        try {
            System.out.println("Rows " + wanted);
            part.measure(suite, wanted);
            return true;
        } catch (RuntimeException e) {
            e.printStackTrace();
            suite.report().note("rows " + wanted + " could not be measured to the end: " + e.getMessage().lines().findFirst().orElse(""));
            return false;
        }
    }

    /** The suite is bounded in time, whatever hangs. */
    private static void watch(Duration limit, Report report, Tally tally) {
        Thread watch = new Thread(() -> {
            Commands.sleep(limit.toSeconds());
            report.note("given up after " + limit.toMinutes() + " minutes: the rest is missing");
            finish(report, tally);
            System.exit(NOT_RUN);
        }, "time limit");
        watch.setDaemon(true);
        watch.start();
    }
}
