package dev.parley.socket;

import dev.parley.access.Access;
import dev.parley.conversation.MessageRules;
import dev.parley.conversation.MessageWriter;
import jakarta.inject.Singleton;

/** What every session needs. */
@Singleton
record SocketServices(Access access, MessageRules rules, MessageWriter writer, TypingRelay typing, SocketConfig config) {
}
