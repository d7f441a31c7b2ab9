package dev.parley.conversation;

/** Told, on an event loop, after each batch of ours has committed without ringing the doorbell: whoever follows the log should look now. */
public interface MessagesCommitted {

    void messagesCommitted();
}
