package dev.parley.stream;

import dev.parley.changes.Catalog;
import dev.parley.changes.Judge;
import jakarta.inject.Singleton;

/** What reading changes of tables takes: the log, the tables' shapes and, for some filters, PostgreSQL's opinion. */
@Singleton
record TableReader(ReplayReader replays, Catalog catalog, Judge judge) {
}
