/**
 * What an operator sees and does. Promises:
 *
 * <ul>
 *   <li>Alive says that the service answers; ready says that it can do its work, and why when it can't.
 *   <li>Told to stop, it first reports not ready, then closes its sockets with "reconnect and resume" while requests in
 *       flight are answered ({@link dev.parley.ops.Drain}).
 *   <li>A setting that can't be is refused at the start, by its name and with all others that can't ({@link dev.parley.ops.SettingBounds}).
 *   <li>A peer that is gone without a word is dropped ({@link dev.parley.ops.DeadPeerTimeout}).
 * </ul>
 */
package dev.parley.ops;
