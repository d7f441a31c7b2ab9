package dev.parley.testing;

import java.security.SecureRandom;
import java.util.Random;

/** The seed of a random test: {@code -Dseed=N} repeats a run, otherwise it is new; printed either way, so that a failure can be repeated. */
public final class Seed {

    private Seed() {
    }

    /** Reads or draws the seed and prints it beside the test's name. */
    public static long of(Class<?> test) {
        Long given = Long.getLong("seed");
        long seed = given != null ? given : new SecureRandom().nextInt(Integer.MAX_VALUE);
        // Straight to the console: a log handler may hold lines back, and this one is worth nothing if it is not seen.
        System.out.println(test.getSimpleName() + ": -Dseed=" + seed);
        return seed;
    }

    /** One of several independent generators that follow from a seed: one for each thread, since order between threads is not repeatable. */
    public static Random stream(long seed, int number) {
        return new Random(seed * 1_000_003L + number);
    }
}
