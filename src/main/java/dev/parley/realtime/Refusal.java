package dev.parley.realtime;

/** A join is refused; the message is the reason that the client is told. */
final class Refusal extends RuntimeException {

    Refusal(String reason) {
        super(reason, null, false, false);
    }
}
