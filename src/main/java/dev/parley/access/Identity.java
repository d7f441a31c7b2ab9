package dev.parley.access;

/**
 * Who speaks.
 *
 * @param senderId   as it stands in a message's {@code sender_id}; with open access whatever the client says, unchecked
 * @param senderRole {@code customer}, {@code admin} or {@code system}; with open access whatever the client says, unchecked
 */
public record Identity(String senderId, String senderRole) {

    /** The sender of whom nothing is known. */
    public static final Identity ANONYMOUS = new Identity("anonymous", "customer");
}
