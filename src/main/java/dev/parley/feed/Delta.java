package dev.parley.feed;

import java.util.List;

/**
 * One page of what has become visible since the reader's position, in the order of delivery.
 *
 * @param before   where the reader stood
 * @param changes  without those it had already
 * @param complete whether the reader now has everything that {@code upto} sees; otherwise the next page goes on
 * @param upto     the raw snapshot that was read; good for comparisons within one epoch only
 * @param after    where the reader stands now
 */
public record Delta(Position before, List<Change> changes, boolean complete, Snapshot upto, Position after) {
}
