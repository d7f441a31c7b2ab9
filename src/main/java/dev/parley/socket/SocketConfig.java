package dev.parley.socket;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** Settings of the plain WebSocket endpoints. */
@ConfigMapping(prefix = "parley.socket")
public interface SocketConfig {

    /** Bytes that may wait for a slow reader before it is no longer fed live; it then catches up from the database. */
    @WithDefault("1048576")
    int queueBytes();

    /** How long a reader may take nothing at all before its connection is closed. */
    @WithDefault("30s")
    Duration stallTimeout();

    /** The largest frame a client may send, in characters; a larger one is answered with an error. */
    @WithDefault("131072")
    int maxFrame();

    /** Sends of one socket that may be under way; the socket is not read further while there are as many. */
    @WithDefault("256")
    int maxInFlight();

    /** One typing frame in this time goes out for a conversation and socket, the others are dropped. */
    @WithDefault("1s")
    Duration typingInterval();

    /** How long nothing may be received, answers to pings included, before the peer counts as dead. */
    @WithDefault("75s")
    Duration idleTimeout();
}
