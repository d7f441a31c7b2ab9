package dev.parley.testing;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.UUID;

/**
 * A client that follows the messages of one conversation or of all, whatever the protocol: what it saw, in the order of arrival, is in
 * {@link #deliveries}; when its connection breaks it goes on where it was.
 *
 * <p>Any thread may call.
 */
public interface Follower extends AutoCloseable {

    /** The conversation, null for one that follows all. */
    UUID conversation();

    Deliveries deliveries();

    /** The next connection asks for what follows this {@code seq}; not for one that follows all. */
    Follower after(long seq);

    /** From now on a broken connection, or a close code that means "reconnect", is followed by a resume on one of these instances. */
    Follower reconnectingTo(List<Instance> instances);

    /** Connects, resuming where this client is; returns once the upgrade is through. @throws IOException refused or unreachable */
    Follower connect(Instance instance) throws IOException;

    /** Waits until what commits from now on is delivered. */
    void awaitLive();

    /** Connects and waits until it is live. */
    default Follower join(Instance instance) throws IOException {
        connect(instance);
        awaitLive();
        return this;
    }

    /** Connects to one of the instances after the other until it is let in; for clients whose instance has died. */
    default void reconnect(List<Instance> instances) {
        disconnect();
        Await.until(() -> {
            for (Instance instance : instances) {
                try {
                    connect(instance);
                    return true;
                } catch (IOException e) {
                    continue;
                }
            }
            return false;
        }, Duration.ofSeconds(30), "an instance that lets the client in");
    }

    /** Breaks the connection without a word; what this client knows stays. */
    void disconnect();

    /** Stops reading from the socket: what the server sends piles up on its side. */
    void pause();

    void resume();

    /** How the server ended connections of this client, in order. */
    List<RawWebSocket.Closed> closes();

    /** What the server said that it does not say as long as it can keep its promises: errors, and that this client must start over. */
    List<?> disturbances();

    @Override
    void close();
}
