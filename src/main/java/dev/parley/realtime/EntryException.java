package dev.parley.realtime;

/** An entry of {@code postgres_changes} can't be subscribed to; the message is what the client is told. The channel is joined nevertheless. */
final class EntryException extends RuntimeException {

    EntryException(String message) {
        super(message, null, false, false);
    }
}
