/**
 * Who may do what: one rule, {@link dev.parley.access.Access}, asked at every door.
 *
 * <p>What it promises:
 * <ul>
 * <li>REST, the plain sockets and the Supabase protocol ask the same class before they read, send or administer; none has a rule of its own.</li>
 * <li>The answers come as {@code Uni}s, because a rule may have to look something up; nothing here blocks.</li>
 * <li>It knows nothing of conversations but their ids: whoever asks turns a "no" into its own error.</li>
 * <li>A key or token is looked at here and nowhere else ({@link dev.parley.access.Credentials}): what holds is decided by the settings, by one
 *     algorithm for each type of key, and by the clock. Neither keys nor secrets nor tokens reach a production log.</li>
 * <li>A private channel belongs to who may read or write it by the policies on {@code realtime.messages}
 *     ({@link dev.parley.access.ChannelPolicies}); where no policy can be asked, the answer is no unless an operator said otherwise.</li>
 * </ul>
 */
package dev.parley.access;
