package dev.parley.testing;

import java.util.List;

/** What an instance may not have logged. */
public final class Logs {

    private Logs() {
    }

    /** Fails if there is a stack trace or an error: what a stranger sends is nothing that somebody must act on. */
    public static void assertClean(Instance instance) {
        List<String> bad = instance.log().lines()
                .filter(line -> line.contains(" ERROR ") || line.startsWith("\tat ") || line.startsWith("Caused by: ") || line.contains("OutOfMemoryError"))
                .limit(20).toList();
        if (!bad.isEmpty()) {
            throw new AssertionError("the instance has logged\n" + String.join("\n", bad));
        }
    }
}
