/**
 * The plain WebSocket endpoints: {@code /ws/conversations/{id}} and {@code /ws/feed}.
 *
 * <p>What it promises:
 * <ul>
 * <li>Nonsense in the request is refused before there is a socket; a bad frame is answered with an error and harms nothing else.</li>
 * <li>A socket asks its stream for more only while it has room, so what waits for a slow reader is bounded; a reader that takes nothing at all is
 *     closed with a code that means "reconnect and resume".</li>
 * <li>What a socket gets within one turn of its event loop goes out in one write.</li>
 * <li>A client that sends faster than can be stored, or does not read its answers, is not read further.</li>
 * <li>Typing is never stored, never delays a message, and does not come back to the socket that sent it.</li>
 * </ul>
 */
package dev.parley.socket;
