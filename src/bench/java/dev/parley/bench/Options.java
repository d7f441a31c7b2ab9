package dev.parley.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;

/**
 * What the command line asks for.
 *
 * @param rows       rows of the table of targets
 * @param brief      a few minutes for a look, instead of figures to go by
 * @param binary     a native executable of Parley to measure instead of the jar; null without
 * @param jar        the runnable jar
 * @param java       the {@code java} that runs it
 * @param jvmOptions further options for it
 * @param aotApp     a folder with an application packaged as {@code aot-jar} and its cache, for row 8; null without
 * @param pgBin      the folder of PostgreSQL's programs; null to look for it
 */
record Options(Set<Integer> rows, boolean brief, Path binary, Path jar, Path java, List<String> jvmOptions, Path aotApp, Path aotJava, Path pgBin,
        boolean installPeers) {

    static final int ROWS = 9;

    static final String HELP = """
            src/bench/run [ROW…] [--short]
              ROW               1 to 9, as in src/bench/README.md; all of them without
              --short           a few minutes, for a look: its figures are rough
              --install-peers   installs the peers that are missing: ws, pg and bun by npm into target/bench, nginx with nchan by apt
              --binary PATH     measures a native executable instead of the jar
              --jar PATH        another jar than target/quarkus-app/quarkus-run.jar
              --java PATH       the java that runs it (the suite's own)
              --jvm-option OPT  a further option for it (repeatable)
              --aot-app DIR     row 8 also measures DIR/quarkus-run.jar with the AOT cache DIR/parley.aot, by --aot-java PATH (25 or newer)
              --pg-bin DIR      the programs of the PostgreSQL to use; else the newest that is installed, else the embedded one
            Prints a table and writes target/bench/results.json. Exit 0: measured, and nothing was lost, doubled or out of order with Parley.""";

    static Options parse(String[] arguments) {
        Set<Integer> rows = new TreeSet<>();
        List<String> jvmOptions = new ArrayList<>();
        boolean brief = false, install = false;
        Path binary = null, aotApp = null, pgBin = null, aotJava = null;
        Path jar = Path.of("target/quarkus-app/quarkus-run.jar"), java = Path.of(System.getProperty("java.home"), "bin", "java");
        for (int i = 0; i < arguments.length; i++) {
            switch (arguments[i]) {
                case "--short" -> brief = true;
                case "--install-peers" -> install = true;
                case "--binary" -> binary = path(arguments, ++i);
                case "--jar" -> jar = path(arguments, ++i);
                case "--java" -> java = path(arguments, ++i);
                case "--jvm-option" -> jvmOptions.add(value(arguments, ++i));
                case "--aot-app" -> aotApp = path(arguments, ++i);
                case "--aot-java" -> aotJava = path(arguments, ++i);
                case "--pg-bin" -> pgBin = path(arguments, ++i);
                default -> rows.add(row(arguments[i]));
            }
        }
        if (rows.isEmpty()) {
            IntStream.rangeClosed(1, ROWS).forEach(rows::add);
        }
        return new Options(rows, brief, binary, jar, java, List.copyOf(jvmOptions), aotApp, aotJava == null ? java : aotJava, pgBin, install);
    }

    /** One or the other, by how long the run may take. */
    <T> T of(T full, T brief) {
        return this.brief ? brief : full;
    }

    private static int row(String text) {
        if (!text.matches("[1-" + ROWS + "]")) {
            throw new IllegalArgumentException(text + "?\n" + HELP);
        }
        return Integer.parseInt(text);
    }

    private static Path path(String[] arguments, int index) {
        return Path.of(value(arguments, index)).toAbsolutePath();
    }

    private static String value(String[] arguments, int index) {
        if (index >= arguments.length) {
            throw new IllegalArgumentException(arguments[index - 1] + " needs a value\n" + HELP);
        }
        return arguments[index];
    }
}
