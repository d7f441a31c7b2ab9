package dev.parley.realtime;

import dev.parley.access.Access;
import dev.parley.access.Credentials;
import dev.parley.broadcast.Presence;
import dev.parley.broadcast.TopicHub;
import dev.parley.stream.Streams;
import jakarta.inject.Singleton;

/** What every session and channel needs. */
@Singleton
record RealtimeServices(RealtimeSettings settings, Credentials credentials, Access access, SubscriptionCompiler compiler, Streams streams, TopicHub hub,
        Presence presence, StoredBroadcasts stored, RealtimeFigures figures) {
}
