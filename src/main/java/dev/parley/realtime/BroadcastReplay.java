package dev.parley.realtime;

import dev.parley.broadcast.Broadcast;
import dev.parley.broadcast.Topic;
import dev.parley.realtime.StoredBroadcasts.Replay;
import dev.parley.realtime.StoredBroadcasts.Stored;
import dev.parley.transport.Outbound;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Brings a joining channel the stored broadcasts that it asked for, and sees to it that none comes twice. On the socket's event loop; what is read comes on
 * any thread.
 */
final class BroadcastReplay {

    private static final int MAX_EARLY = 1_000;
    private static final long MAX_EARLY_BYTES = 8_000_000;

    private final JoinConfig.Replay wanted;
    private final StoredBroadcasts broadcasts;
    /** Null until it is read, and once it has been handed over. */
    private Replay stored;
    private boolean ended;
    /** What was said while the channel was joining; null once it has joined. */
    private List<Broadcast> early = new ArrayList<>(0);
    private long earlyBytes;
    private Set<String> replayed = Set.of();

    BroadcastReplay(JoinConfig.Replay wanted, StoredBroadcasts broadcasts) {
        this.wanted = wanted;
        this.broadcasts = broadcasts;
    }

    /** Reads them, unless enough waits for the socket already. Fails with {@link Refusal}. */
    Future<Void> read(Topic topic, Outbound outbound) {
        if (!wanted.isValid()) {
            return Future.failedFuture(new Refusal(Reasons.REPLAY_INVALID));
        }
        if (!topic.isPrivate()) {
            return Future.failedFuture(new Refusal(Reasons.REPLAY_PUBLIC));
        }
        if (!outbound.hasRoom()) {
            return Future.failedFuture(new Refusal(Reasons.REPLAY_FAILED));
        }
        return broadcasts.since(topic.name(), wanted.since(), wanted.limit())
                .<Void>map(read -> {
                    keep(read);
                    return null;
                })
                .recover(failure -> Future.failedFuture(new Refusal(Reasons.REPLAY_FAILED)));
    }

    private synchronized void keep(Replay read) {
        if (ended) {
            read.part().giveBack();
        } else {
            stored = read;
        }
    }

    private synchronized Replay handOver() {
        Replay read = stored;
        stored = null;
        return read;
    }

    /** Nobody is there to be brought anything. */
    void end() {
        synchronized (this) {
            ended = true;
        }
        Replay read = handOver();
        if (read != null) {
            read.part().giveBack();
        }
    }

    /** Whether there is something to deliver that was stored. */
    synchronized boolean isRead() {
        return stored != null && !stored.broadcasts().isEmpty();
    }

    /**
     * Those that were stored, oldest first, to {@code asked}, and then to {@code live} what came meanwhile.
     *
     * @return what they take until the client has them; null when none were read
     */
    Allowance.Part deliver(Consumer<Broadcast> asked, Consumer<Broadcast> live) {
        List<Broadcast> waiting = early == null ? List.of() : early;
        early = null;
        Replay read = handOver();
        if (read != null && !read.broadcasts().isEmpty()) {
            replayed = new HashSet<>();
            for (Stored one : read.broadcasts()) {
                replayed.add(one.id());
                asked.accept(one.broadcast());
            }
        }
        waiting.stream().filter(this::admits).forEach(live);
        return read == null ? null : read.part();
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
        return replayed.isEmpty() || broadcast.meta() == null || !replayed.contains(RawJson.tree(broadcast.meta()).path("id").asText());
    }
}
