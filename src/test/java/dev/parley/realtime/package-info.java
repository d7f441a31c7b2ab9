/**
 * The Supabase protocol through the wire. The suites of {@code src/test/node} run the real npm clients; skipped, and said so, where no Node 20 is on
 * the {@code PATH} or the packages can't be had, unless {@code CI} is set: there it fails.
 *
 * <p>{@code -Dnode.files=presence,after} runs these files only, {@code -Dnode.names=restart} the tests whose name matches.
 */
package dev.parley.realtime;
