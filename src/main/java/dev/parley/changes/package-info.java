/**
 * Changes of any table: which tables are watched, their shapes, and the filters of subscriptions.
 */
package dev.parley.changes;
