/**
 * Events between replicas that nobody keeps.
 *
 * <p>What it promises: at most once, no order, bounded queues, and a connection of its own, so that a flood of them delays no message. The transport is
 * an interface; this one is PostgreSQL's NOTIFY, coalesced.
 */
package dev.parley.broadcast;
