package dev.parley.realtime;

/** The database was told to store something and did not say whether it has: it may be there, or come yet. */
final class UnknownOutcome extends RuntimeException {

    UnknownOutcome(Throwable cause) {
        super("it is not known whether the broadcast was stored", cause, false, false);
    }
}
