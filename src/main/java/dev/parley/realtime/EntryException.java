package dev.parley.realtime;

/** An entry of {@code postgres_changes} can't be subscribed to; the message is what the client is told. The channel is joined nevertheless. */
final class EntryException extends RuntimeException {

    private final boolean forbidden;

    EntryException(String message) {
        this(message, false);
    }

    /** @param forbidden whether it is the caller who may not, as opposed to nobody */
    EntryException(String message, boolean forbidden) {
        super(message, null, false, false);
        this.forbidden = forbidden;
    }

    boolean isForbidden() {
        return forbidden;
    }
}
