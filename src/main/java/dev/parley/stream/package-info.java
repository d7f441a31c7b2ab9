/**
 * Streams: who gets which change, joined to the past without a gap.
 *
 * <p>What it promises:
 * <ul>
 * <li>A stream brings everything after the point that its reader names, once, a conversation's messages by rising {@code seq}; or it says {@code resync}.</li>
 * <li>A subscription is active before its replay is read. The replay's snapshot says what it brought; what the tail brings too is dropped by
 *     that snapshot, and the stream is live once the tail has read that far.</li>
 * <li>Every row's frame carries the position that holds after it, also while a join is under way.</li>
 * <li>A reader without demand gets nothing and nothing is kept for it. It catches up from the database when it asks again: memory stays bounded.</li>
 * <li>The cost of a change depends on who gets it: subscriptions are indexed by conversation on each event loop, a frame is encoded once, and each event
 *     loop serves its own sockets.</li>
 * </ul>
 *
 * <p>It knows {@code feed} and {@code conversation}, not who reads: sockets are behind a Mutiny {@code Multi}.
 */
package dev.parley.stream;
