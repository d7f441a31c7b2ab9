/**
 * Supabase Realtime's protocol, so that its unmodified clients work here.
 *
 * <p>What it promises:
 * <ul>
 * <li>Subscribed means subscribed: everything that a join asks for is active before the join is answered; a row that commits afterwards is never missed.</li>
 * <li>An entry of {@code postgres_changes} that says {@code after} gets what it missed before what is new: once and in order.</li>
 * <li>What can't be understood is dropped and harms nothing else: neither the socket nor its other channels nor anybody else.</li>
 * <li>What a socket says on a topic comes in that order, stored or not, also when it joins the topic anew meanwhile; and it hears of it what its channel
 *     there wants to hear, whichever it was said on.</li>
 * <li>A change is encoded once for all who show the same of it, a broadcast once for each version of the protocol.</li>
 * <li>A client that does not keep up loses broadcasts, which nobody is promised; changes it catches up with from the database, presence it is told anew.</li>
 * </ul>
 */
package dev.parley.realtime;
