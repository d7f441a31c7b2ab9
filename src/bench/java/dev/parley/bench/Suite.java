package dev.parley.bench;

/** What every part needs. */
record Suite(Options options, Cluster cluster, Parley parley, Peers peers, Report report, Tally tally) {

    Load load(Server server, int core) {
        return new Load(tally, server, core);
    }
}
