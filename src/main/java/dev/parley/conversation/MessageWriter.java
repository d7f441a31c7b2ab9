package dev.parley.conversation;

import io.smallrye.mutiny.Uni;

/** Stores messages; the answer comes when the row is committed and flushed. */
public interface MessageWriter {

    /**
     * Queues a message for the next group commit. Messages of one caller to one conversation are stored in the order of the calls.
     *
     * <p>May be called on any thread; the answer comes on an event loop, not necessarily the caller's.
     *
     * @return the stored row; fails with a {@link ParleyException} (unknown or closed conversation, id conflict, unavailable, overloaded)
     */
    Uni<Sent> send(NewMessage message);
}
