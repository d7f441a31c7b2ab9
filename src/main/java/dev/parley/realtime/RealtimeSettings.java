package dev.parley.realtime;

import jakarta.inject.Singleton;
import java.time.Duration;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** The settings that the protocol itself goes by. Read as fields, hence a singleton: a client proxy has none. */
@Singleton
class RealtimeSettings {

    /** Channels that one socket may have joined. */
    @ConfigProperty(name = "parley.realtime.max-channels", defaultValue = "100")
    int maxChannels;

    /** Joins of one socket in a second; more close it. */
    @ConfigProperty(name = "parley.realtime.max-joins-per-second", defaultValue = "100")
    int maxJoinsPerSecond;

    /** Frames of one socket in a second, heartbeats included; more close the channel that they are for. */
    @ConfigProperty(name = "parley.realtime.max-events-per-second", defaultValue = "1000")
    int maxEventsPerSecond;

    /** Presence frames of one socket on one topic in 30 seconds. */
    @ConfigProperty(name = "parley.realtime.max-presence-calls", defaultValue = "60")
    int maxPresenceCalls;

    /** Bytes that one member may say of itself. */
    @ConfigProperty(name = "parley.realtime.max-presence-bytes", defaultValue = "4096")
    int maxPresenceBytes;

    /** Bytes of a broadcast's payload. */
    @ConfigProperty(name = "parley.realtime.max-broadcast-bytes", defaultValue = "3000000")
    int maxBroadcastBytes;

    /** Bytes of a row; of a larger one only the small fields are sent. */
    @ConfigProperty(name = "parley.realtime.max-record-bytes", defaultValue = "1048576")
    int maxRecordBytes;

    /** Entries of {@code postgres_changes} in one channel. */
    @ConfigProperty(name = "parley.realtime.max-bindings", defaultValue = "100")
    int maxBindings;

    /** How long the answer to a refused join is held back: clients try again at once and for ever. */
    @ConfigProperty(name = "parley.realtime.error-delay", defaultValue = "5s")
    Duration errorDelay;

    /** How long nothing, not even the answer to a ping, may come; a client of which only such answers have come for so long is asleep. */
    @ConfigProperty(name = "parley.socket.idle-timeout", defaultValue = "75s")
    Duration idleTimeout;

    /** How long the answer to a refused connection is held back. */
    @ConfigProperty(name = "parley.realtime.refusal-delay", defaultValue = "2s")
    Duration refusalDelay;
}
