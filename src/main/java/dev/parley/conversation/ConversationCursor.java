package dev.parley.conversation;

import java.nio.ByteBuffer;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Base64;
import java.util.UUID;

/**
 * Where a page of conversations ended: the last one's activity and id. To clients it is opaque: base64url of 28 bytes.
 *
 * @param activity when it was last active, in the database's microseconds
 * @param id       the conversation
 */
record ConversationCursor(OffsetDateTime activity, UUID id) {

    private static final int BYTES = Long.BYTES + Integer.BYTES + 2 * Long.BYTES;

    String text() {
        byte[] bytes = ByteBuffer.allocate(BYTES)
                .putLong(activity.toEpochSecond()).putInt(activity.getNano())
                .putLong(id.getMostSignificantBits()).putLong(id.getLeastSignificantBits()).array();
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    /** @throws ParleyException INVALID_REQUEST when it is none of ours */
    static ConversationCursor parse(String text) {
        try {
            byte[] bytes = text.length() > 2 * BYTES ? new byte[0] : Base64.getUrlDecoder().decode(text);
            if (bytes.length == BYTES) {
                ByteBuffer buffer = ByteBuffer.wrap(bytes);
                Instant instant = Instant.ofEpochSecond(buffer.getLong(), buffer.getInt());
                OffsetDateTime activity = instant.atOffset(ZoneOffset.UTC);
                // the range of PostgreSQL's timestamptz: what lies outside would be its error, not ours
                if (activity.getYear() > -4_700 && activity.getYear() < 290_000) {
                    return new ConversationCursor(activity, new UUID(buffer.getLong(), buffer.getLong()));
                }
            }
        } catch (IllegalArgumentException | DateTimeException | ArithmeticException e) {
            // refused below
        }
        throw new ParleyException(ErrorCode.INVALID_REQUEST, "cursor must be the next of an earlier page");
    }
}
