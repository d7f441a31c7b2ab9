package dev.parley.conversation;

import java.util.UUID;

/** Makes ids that rise with time (RFC 9562, version 7), so that they go into the end of an index; 74 of their bits cannot be guessed. */
final class UuidV7 {

    private UuidV7() {
    }

    static UUID next() {
        UUID random = UUID.randomUUID();
        long time = System.currentTimeMillis();
        return new UUID(time << 16 | 0x7000L | random.getMostSignificantBits() & 0x0FFFL, random.getLeastSignificantBits());
    }
}
