package dev.parley.realtime;

import dev.parley.broadcast.Broadcast;
import io.vertx.core.Future;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;

/** Broadcasts that are kept in {@code realtime.messages}. */
@ApplicationScoped
class StoredBroadcasts {

    record Stored(String id, Broadcast broadcast) {
    }

    Future<List<Stored>> since(String topic, long sinceMillis, int limit) {
        throw new UnsupportedOperationException();
    }

    Future<String> store(String topic, Broadcast broadcast, Long ttlSeconds) {
        throw new UnsupportedOperationException();
    }
}
