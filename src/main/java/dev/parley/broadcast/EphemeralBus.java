package dev.parley.broadcast;

import java.util.function.Consumer;

/**
 * Carries events between replicas that nobody keeps: typing, presence, broadcasts. At most once, in no promised order, and never in the way of a
 * message. An interface, so that something else than PostgreSQL can take its place.
 */
public interface EphemeralBus {

    /**
     * Sends to the other replicas; the sender's own replica does not get it back. Any thread. Dropped when the transport is away or full.
     *
     * @param kind    names the subscribers, letters only
     * @param payload one line of text, at most {@link #MAX_PAYLOAD} bytes of UTF-8
     * @throws IllegalArgumentException when the payload is too large or has a line break
     */
    void publish(String kind, String payload);

    /** Adds a subscriber for what other replicas send; at start only. It is called on an event loop and must not block. */
    void subscribe(String kind, Consumer<String> payloads);

    /** In bytes. */
    int MAX_PAYLOAD = 7_000;
}
