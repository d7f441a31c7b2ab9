package dev.parley.conversation;

import java.util.UUID;

/**
 * A message that is committed and flushed.
 *
 * @param id        the message's id
 * @param seq       its number within the conversation
 * @param duplicate true when the row was there before this send
 * @param row       the stored row as JSON, in PostgreSQL's form
 */
public record Sent(UUID id, long seq, boolean duplicate, String row) {
}
