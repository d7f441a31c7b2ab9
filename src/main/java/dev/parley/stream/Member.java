package dev.parley.stream;

/** A subscription's place in one list of {@link Subscribers}. */
final class Member {

    final StreamSubscription subscription;
    int index;

    Member(StreamSubscription subscription) {
        this.subscription = subscription;
    }
}
