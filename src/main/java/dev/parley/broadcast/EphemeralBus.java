package dev.parley.broadcast;

import java.util.function.Consumer;

/**
 * Carries events between replicas that nobody keeps: typing, presence, broadcasts. At most once, and never in the way of a message. One sender's events of
 * one kind come in order as far as they come, and no kind crowds out another; nothing else is promised. An interface, so that something else than PostgreSQL
 * can take its place.
 */
public interface EphemeralBus {

    /**
     * Sends to the other replicas; the sender's own replica does not get it back. Any thread. Dropped when the transport is away or full, and when nobody
     * is there to get it.
     *
     * @param kind    names the subscribers, letters only
     * @param payload one line of text, at most {@link #MAX_PAYLOAD} bytes of UTF-8
     * @throws IllegalArgumentException when the payload is too large or has a line break
     */
    void publish(String kind, String payload);

    /** Adds a subscriber for what other replicas send; at start only. It is called on an event loop and must not block. */
    void subscribe(String kind, Consumer<String> payloads);

    /** Calls back after every connect and reconnect, on an event loop: what others sent before that is lost. At start only. */
    void onConnected(Runnable action);

    /** Whether it can hear the others at the moment. Any thread. */
    boolean isConnected();

    /** Whether there may be another replica; while there is none, nobody need make what nobody would get. Any thread. */
    boolean reachesOthers();

    /** In bytes. The way of a payload of more than a few thousand is a longer one. */
    int MAX_PAYLOAD = 7_500_000;
}
