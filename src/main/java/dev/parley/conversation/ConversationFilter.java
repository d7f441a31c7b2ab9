package dev.parley.conversation;

/**
 * Which conversations are listed.
 *
 * @param status     {@code open} or {@code closed}, or null for both
 * @param customerId whose, or null for everybody's
 */
record ConversationFilter(String status, String customerId) {

    /** @throws ParleyException INVALID_REQUEST when a value is out of bounds */
    ConversationFilter {
        if (status != null) {
            ConversationRules.checkStatus(status);
        }
        if (customerId != null) {
            TextRules.text("customer_id", customerId, 1, MessageRules.MAX_NAME, ErrorCode.INVALID_REQUEST);
        }
    }
}
