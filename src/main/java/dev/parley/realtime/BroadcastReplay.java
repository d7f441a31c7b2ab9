package dev.parley.realtime;

import dev.parley.broadcast.Broadcast;
import dev.parley.broadcast.Topic;
import dev.parley.realtime.StoredBroadcasts.Stored;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/** Brings a joining channel the stored broadcasts that it asked for, and sees to it that none comes twice. On the socket's event loop. */
final class BroadcastReplay {

    private static final int MAX_EARLY = 1_000;
    private static final long MAX_EARLY_BYTES = 8_000_000;
    /** A socket for which more waits takes no replay: each channel's may be half as large as this. */
    private static final long MAX_WAITING_BYTES = 16_000_000;

    /** Null when nothing was asked for. */
    private final JoinConfig.Replay wanted;
    private final StoredBroadcasts broadcasts;
    private List<Stored> stored = List.of();
    /** What was said while the channel was joining; null once it has joined. */
    private List<Broadcast> early;
    private long earlyBytes;
    private Set<String> replayed = Set.of();

    BroadcastReplay(JoinConfig config, StoredBroadcasts broadcasts) {
        this.wanted = config.replay();
        this.broadcasts = broadcasts;
        this.early = isWanted() ? new ArrayList<>(0) : null;
    }

    boolean isWanted() {
        return wanted != null;
    }

    /** Fails with {@link Refusal}. */
    Future<Void> read(Topic topic) {
        if (!wanted.isValid()) {
            return Future.failedFuture(new Refusal(Reasons.REPLAY_INVALID));
        }
        if (!topic.isPrivate()) {
            return Future.failedFuture(new Refusal(Reasons.REPLAY_PUBLIC));
        }
        return broadcasts.since(topic.name(), wanted.since(), wanted.limit())
                .<Void>map(read -> {
                    stored = read;
                    return null;
                })
                .recover(failure -> Future.failedFuture(new Refusal(Reasons.REPLAY_FAILED)));
    }

    /** Whether a socket for which so much waits can take it. */
    boolean fits(long waitingBytes) {
        return stored.isEmpty() || waitingBytes < MAX_WAITING_BYTES;
    }

    /** Those that were stored, oldest first, to {@code asked}, and then to {@code live} what came meanwhile. */
    void deliver(Consumer<Broadcast> asked, Consumer<Broadcast> live) {
        List<Broadcast> waiting = early == null ? List.of() : early;
        early = null;
        if (!stored.isEmpty()) {
            replayed = new HashSet<>();
            for (Stored one : stored) {
                replayed.add(one.id());
                asked.accept(one.broadcast());
            }
            stored = List.of();
        }
        waiting.stream().filter(this::admits).forEach(live);
    }

    /** Whether the broadcast is to be delivered now: it is not kept for later, and has not come by the replay. */
    boolean admits(Broadcast broadcast) {
        if (early != null) {
            earlyBytes += broadcast.envelope() != null ? broadcast.envelope().length : broadcast.payload().length;
            if (early.size() < MAX_EARLY && earlyBytes < MAX_EARLY_BYTES) {
                early.add(broadcast);
            }
            return false;
        }
        return replayed.isEmpty() || broadcast.meta() == null || !replayed.contains(JoinConfig.tree(broadcast.meta()).path("id").asText());
    }
}
