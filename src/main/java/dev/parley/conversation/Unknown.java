package dev.parley.conversation;

import java.util.UUID;

/** The error for a conversation that is not there. */
final class Unknown {

    private Unknown() {
    }

    static ParleyException conversation(UUID id) {
        return new ParleyException(ErrorCode.UNKNOWN_CONVERSATION, "there is no conversation " + id);
    }
}
