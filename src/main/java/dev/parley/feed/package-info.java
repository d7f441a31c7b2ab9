/**
 * The feed: everything that commits to a watched table, exactly once and in order, to whoever reads it.
 *
 * <pre>
 * any writer ── INSERT/UPDATE/DELETE ──▶ table ──statement trigger──▶ parley.change_log (same transaction)
 *                                                  └── NOTIFY parley  (the doorbell, empty payload)
 * LISTEN parley ──rings──▶ Tail: reads the exact delta since its position ──▶ FeedListener
 * </pre>
 *
 * <p>What it promises:
 * <ul>
 * <li>A committed row is read once. Ids and times are given at insert and become visible at commit, so neither is a position; a position is a
 *     transaction snapshot, and a read is the difference of two.</li>
 * <li>Changes of one row, and messages of one conversation, come in the order in which they committed: their writers lock each other out, so the log's
 *     ids rise in that order.</li>
 * <li>A {@link dev.parley.feed.Position} outlives a crash. Transactions that wrote nothing durable take ids that are handed out again after a
 *     crash, so a position claims nothing beyond the greatest id that it knows to be flushed ({@link dev.parley.feed.Snapshot#clamp}).
 *     Raw snapshots are compared within one {@link dev.parley.feed.Tail#epoch()} only.</li>
 * <li>The doorbell carries nothing. Losing it costs latency until the next poll, never a row. While other programs' commits would queue up to ring it, they do not,
 *     and the tail looks often ({@link dev.parley.feed.BusyDoorbell}).</li>
 * <li>A read costs what has become visible since the one before. A transaction left open costs nothing, and rows that a running transaction has
 *     written are not looked at.</li>
 * <li>Of a long delta, rows of tables that no {@link dev.parley.feed.FeedListener} wants are left out once the first page has shown how long it is, and the
 *     position goes by them. A page is read once more when somebody has come to want what it left out before it was handed out: whoever comes later reads from
 *     a position before it by himself. 1.2 million such rows held up the others' deliveries for 6.8 s, and left out for 1.6.</li>
 * <li>Of a row of many megabytes only the small values are logged and told ({@link dev.parley.feed.LargeRows}): every replica, and each reader that catches
 *     up, would have to hold the rest.</li>
 * <li>A read that the server ends because it takes too long is read again with more time ({@link dev.parley.feed.ReadLimit}); a connection that says nothing
 *     is given up.</li>
 * <li>A single message of ours is written on the tail's own connection and read right behind ({@link dev.parley.feed.Tail#readBehind}): the same statement,
 *     the same position, one process and one thread woken instead of two. A write that takes long is the last one there for a while.</li>
 * <li>A batch of ours is not read back where that can be told ({@link dev.parley.feed.OwnCommit}): the statement that stored it says which transaction it is, what
 *     it saw and what it logged. When all that it saw has been delivered, the position plus this one transaction is a position like any other, and the rest comes
 *     with the next read. It is read after all when it saw more, when somebody else's trigger may have written beside it, or when its connection is younger than
 *     the last read: between the two may lie a crash or another server.</li>
 * <li>Where a position does not hold (trimmed, another log, failed over, ahead of the database, history changed) the reader gets a
 *     {@link dev.parley.feed.FeedGap}, never silence. Whether it holds is decided in the statement that reads; that the history is still the one in
 *     which it was taken, even when all the ids have been used up again since, by its {@link dev.parley.feed.Landmark} before that.</li>
 * <li>Only a primary is read: a standby's snapshots lack running transactions.</li>
 * </ul>
 *
 * <p>It knows nothing of chat, streams or sockets, only of {@code dev.parley.database}.
 */
package dev.parley.feed;
