/**
 * Who may do what: one rule, {@link dev.parley.access.Access}, asked at every door.
 *
 * <p>What it promises:
 * <ul>
 * <li>REST, the plain sockets and the Supabase protocol ask the same class before they read, send or administer; none has a rule of its own.</li>
 * <li>The answers come as {@code Uni}s, because a rule may have to look something up; nothing here blocks.</li>
 * <li>It knows nothing of conversations but their ids: whoever asks turns a "no" into its own error.</li>
 * </ul>
 */
package dev.parley.access;
