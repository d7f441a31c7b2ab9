package dev.parley.conversation;

/** What a stored message takes of a page. */
public final class MessageSize {

    private MessageSize() {
    }

    /** SQL for about its bytes as JSON: of the two of its columns that may be large. */
    public static String sql(String row) {
        return "octet_length(%1$s.content) + octet_length(%1$s.metadata::text)".formatted(row);
    }
}
