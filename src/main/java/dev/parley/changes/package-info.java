/**
 * Changes of any table: which tables are watched, their shapes, and the filters of subscriptions. Promises:
 *
 * <ul>
 *   <li>A table that the publication or the settings name is watched within one interval, with its partitions and children, as long as
 *       a replica names it and sixty intervals more, so that replicas with different settings take nothing from each other; one watched by
 *       hand is watched until it is unwatched ({@link dev.parley.changes.WatchedTables}).
 *   <li>Where everything is as it should be, looking takes no lock; where something is not, a table's traffic waits two seconds at most.
 *   <li>A missing right costs one line that names the statement that gives it, and nothing else; so do log triggers that somebody has disabled.
 *   <li>Nobody's statement fails because a table is watched: a table with a foreign table among its members is not, and a line says so.
 *   <li>What belongs to somebody else is never replaced: in a Supabase stack schema {@code realtime} stays as it is.
 *   <li>A filter that takes the database too long costs others one statement's second: from then on it is asked by itself, where nobody else waits, and for a minute
 *       not at all once it was too much by itself ({@link dev.parley.changes.SlowFilters}).
 * </ul>
 */
package dev.parley.changes;
