package dev.parley.conversation;

import io.smallrye.mutiny.subscription.UniEmitter;

/** A message on its way into the database. On the writer's event loop, once it is there. */
final class PendingMessage {

    private static final long OVERHEAD = 300;

    private final NewMessage message;
    private final UniEmitter<? super Sent> sender;
    private final long deadline;
    private int passedOver;
    private int failed;
    private int repeated;

    /** @param deadline {@link System#nanoTime} after which its sender is told to try again */
    PendingMessage(NewMessage message, UniEmitter<? super Sent> sender, long deadline) {
        this.message = message;
        this.sender = sender;
        this.deadline = deadline;
    }

    NewMessage message() {
        return message;
    }

    /** What it takes in memory, about. */
    long bytes() {
        return OVERHEAD + 2L * (message.content().length() + message.metadata().length());
    }

    void stored(Sent sent) {
        sender.complete(sent);
    }

    void refused(ErrorCode code, String detail) {
        sender.fail(new ParleyException(code, detail));
    }

    boolean isOverdue(long now) {
        return now - deadline > 0;
    }

    /** Notes that a batch failed that it was in, perhaps by its fault; gives how often that was so by now. */
    int failed() {
        return ++failed;
    }

    /** Notes that a batch that it was first in violated a constraint; gives how often that was so by now. */
    int repeated() {
        return ++repeated;
    }

    /** Notes that its conversation was locked when its batch was written; gives how often that was so by now. */
    int passedOver() {
        return ++passedOver;
    }
}
