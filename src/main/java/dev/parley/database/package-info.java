/**
 * The way to the database. Promises:
 *
 * <ul>
 *   <li>With a database URL configured, that database is used and nothing else is started. Without one, a JVM starts an
 *       embedded PostgreSQL with a durable folder ({@link dev.parley.database.DatabaseSetup}).
 *   <li>The schema is brought up to date in the background, by one replica at a time
 *       ({@link dev.parley.database.Migration}); whoever needs it waits on {@link dev.parley.database.Database#migrated()}.
 *       A schema that says itself that it is this version's ({@link dev.parley.database.SchemaRecord}) is taken at its word, and the connection that
 *       asked is the first to be used ({@link dev.parley.database.FirstConnection}).
 *   <li>Nothing but the feed is waited for by who waits for the service to be ready: what can come behind it does
 *       ({@link dev.parley.database.Database#settled()}).
 *   <li>What the URL says of encryption holds for all connections, whatever driver makes them ({@link dev.parley.database.Encryption}).
 *       Certificates that are renewed on disk are those of the next connection, without a restart ({@link dev.parley.database.TlsFiles}).
 *   <li>No function or operator that somebody else named as the system's is called by Parley's own statements
 *       ({@link dev.parley.database.Connections#SYSTEM_NAMES_ONLY}).
 *   <li>A database that is away, refuses the login or lacks a right costs one readable line now and then, never the
 *       service: it keeps trying, stays live and says why it is not ready.
 *   <li>A connection is a session of its own, or the service says that it is not and does not begin ({@link dev.parley.database.OwnSession}): settings, prepared
 *       statements and LISTEN count on that, and a pooler in transaction mode would break all of them without a word.
 *   <li>Writer and tail share one event loop ({@link dev.parley.database.DatabaseLoop}): what is stored is read with no thread woken in between.
 * </ul>
 *
 * It knows no other package of Parley.
 */
package dev.parley.database;
