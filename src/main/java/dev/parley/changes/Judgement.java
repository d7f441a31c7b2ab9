package dev.parley.changes;

import java.util.BitSet;

/**
 * What the database says of a filter and a page of rows.
 *
 * @param rows    those that match
 * @param refused why the filter can't be applied any more, null when it can
 */
public record Judgement(BitSet rows, FilterException refused) {
}
