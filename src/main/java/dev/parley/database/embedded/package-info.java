/**
 * A PostgreSQL server of the service's own, for trying Parley out, for development and for tests. Promises:
 *
 * <ul>
 *   <li>One service for one data folder: a second one is refused with a message and touches nothing.
 *   <li>A server left behind by a service that was killed is stopped and started again, after it has been proved to be
 *       that server; nothing else is ever signalled.
 *   <li>A folder that Parley did not make is never used.
 *   <li>A commit in a durable folder is on the disk; the server listens on the loopback address only.
 * </ul>
 */
package dev.parley.database.embedded;
