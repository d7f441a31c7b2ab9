package dev.parley.conversation;

import io.smallrye.mutiny.subscription.UniEmitter;

/**
 * A message on its way into the database.
 *
 * @param deadline {@link System#nanoTime} after which its sender is told to try again
 */
record PendingMessage(NewMessage message, UniEmitter<? super Sent> sender, long deadline) {

    void stored(Sent sent) {
        sender.complete(sent);
    }

    void refused(ErrorCode code, String detail) {
        sender.fail(new ParleyException(code, detail));
    }

    boolean isOverdue(long now) {
        return now - deadline > 0;
    }
}
