package dev.parley.broadcast;

/** Somebody on a topic. Guarded by the topic's lock, but for the number. */
final class Member {

    /** Names it among its replica's members. */
    final long number;
    /** What holds now; null when it is not there any more. */
    Meta now;
    /** What the watchers know; null when they don't know of it yet. */
    Meta told;

    Member(long number) {
        this.number = number;
    }
}
