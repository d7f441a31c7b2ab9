package dev.parley.bench;

import java.util.Set;

/** Measures rows that need the same servers. */
interface Part {

    Set<Integer> rows();

    /** Measures those of its rows that are wanted, and starts and ends what it needs for them. */
    void measure(Suite suite, Set<Integer> wanted);
}
