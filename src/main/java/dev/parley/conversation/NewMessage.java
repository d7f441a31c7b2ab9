package dev.parley.conversation;

import java.util.UUID;

/**
 * A message that somebody wants stored, already checked by {@link MessageRules}.
 *
 * @param id             chosen by the client, or a UUIDv7 of ours; the key of idempotence
 * @param conversationId where it goes; whether that exists is found out when it is written
 * @param senderId       who speaks
 * @param senderRole     {@code customer}, {@code admin} or {@code system}
 * @param content        the text, within the configured length
 * @param metadata       a JSON object as text, never null
 */
public record NewMessage(UUID id, UUID conversationId, String senderId, String senderRole, String content, String metadata) {
}
