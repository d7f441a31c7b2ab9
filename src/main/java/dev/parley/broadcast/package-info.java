/**
 * Events that nobody keeps, on this replica and between all: typing, broadcasts on topics, and who is present on them.
 *
 * <p>What it promises:
 * <ul>
 * <li>At most once, with bounded queues, on connections of its own, so that a flood of events delays no message. What one thread says on a topic comes in that
 *     order; what is to come after a stored one waits on each replica, not for ever, until that has read it. A flood of broadcasts neither delays nor crowds
 *     out what keeps replicas acquainted and presence exact; what of it could not go for two seconds is dropped. The transport is an interface ({@link dev.parley.broadcast.EphemeralBus}); this one is PostgreSQL's NOTIFY, coalesced, with a table for what is too large for it.
 * <li>While no other replica is there, the database sees nothing of it.
 * <li>A broadcast costs one task for each event loop that has receivers of its topic, whatever else there is ({@link dev.parley.broadcast.TopicHub}).
 * <li>Who watches a topic's {@link dev.parley.broadcast.Presence} gets the state and then differences that fit it exactly, whatever got lost on the way
 *     between the replicas; a replica that dies takes its members with it within three to four heartbeats.
 * </ul>
 *
 * <p>It knows nothing of ours but {@code dev.parley.database}.
 */
package dev.parley.broadcast;
