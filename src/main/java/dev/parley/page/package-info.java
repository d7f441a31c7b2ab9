/**
 * The two pages, {@code /} and {@code /admin}. They are static files that web-bundler makes at build time; this package only says where
 * they are found, how long a browser may keep them and what they may do.
 *
 * <p>Promises: a page is never served from a cache without asking, so that a new version is seen at the next load; its scripts and styles
 * carry a hash in their name and may be kept for ever; a page runs nothing but those, and speaks to nobody but its own service.
 */
package dev.parley.page;
