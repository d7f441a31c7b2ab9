/**
 * Streams: who gets which change, joined to the past without a gap.
 *
 * <p>What it promises:
 * <ul>
 * <li>A stream brings everything after the point that its reader names, once, a conversation's messages by rising {@code seq}; or it says {@code resync}.</li>
 * <li>A subscription is active before its replay is read. The replay's snapshot says what it brought; what the tail brings too is dropped by
 *     that snapshot, and the stream is live once the tail has read that far.</li>
 * <li>A replay does not move by being read: how it goes on is in the page. A page that fails, or comes after its deadline, is read again; the connections
 *     are renewed only when one of them did not answer in time, not for what else a page waited for.</li>
 * <li>Every row's frame carries the position that holds after it, also while a join is under way.</li>
 * <li>A reader without demand gets nothing and nothing is kept for it. It catches up from the database when it asks again: memory stays bounded.</li>
 * <li>The cost of a change depends on who gets it: subscriptions are indexed by conversation, by table and by value on each event loop, a frame is encoded
 *     once, and each event loop serves its own sockets.</li>
 * <li>Several bindings of one subscription to tables may begin at different points: the replay starts at the earliest, and each change comes for those
 *     that have not had it.</li>
 * <li>What only PostgreSQL can decide about a filter is asked before a page of table changes is handed out, for a bounded time and never in chat's way;
 *     without an answer the subscriptions concerned read the database by themselves.</li>
 * </ul>
 *
 * <p>It knows {@code feed}, {@code changes} and {@code conversation}, not who reads: sockets are behind a Mutiny {@code Multi}.
 */
package dev.parley.stream;
