package dev.parley.broadcast;

import dev.parley.database.Reminder;
import io.netty.channel.EventLoop;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.LongPredicate;
import org.jboss.logging.Logger;

/**
 * Brings what is said on a topic to all who joined it, here and on the other replicas.
 *
 * <p>What one thread publishes on a topic reaches each receiver on this replica in that order. A broadcast costs one task for each event loop that has
 * receivers of its topic, and nothing here when there are none.
 */
@ApplicationScoped
public class TopicHub {

    private static final Logger LOG = Logger.getLogger(TopicHub.class);
    /** The largest payload or envelope that reaches other replicas. */
    public static final int MAX_BYTES = 5_000_000;

    private static final String KIND = "broadcast";

    private final Reminder complaint = new Reminder(Duration.ofSeconds(30));
    private final EphemeralBus bus;
    private final ConcurrentMap<Topic, Audience> audiences = new ConcurrentHashMap<>();
    private final RowsFirst rowsFirst = new RowsFirst();

    TopicHub(EphemeralBus bus) {
        this.bus = bus;
    }

    /** Somebody who joined a topic. Called on the event loop that it joined on; must not block. */
    public interface Receiver {

        void receive(Broadcast broadcast);

        /** Whether it is not to hear what this source, which may be null, says on this replica. */
        default boolean isDeafTo(Object source) {
            return source == this;
        }
    }

    void start(@Observes StartupEvent event) {
        bus.subscribe(KIND, this::received);
    }

    /** Joins; effective at once. On {@code loop} only, and once until it leaves. */
    public void join(Topic topic, EventLoop loop, Receiver receiver) {
        Roster<Receiver> roster;
        do {
            roster = audiences.computeIfAbsent(topic, unheard -> new Audience()).openOn(loop);
        } while (roster == null);
        roster.add(receiver, 0);
    }

    /** Leaves; nothing comes any more. On {@code loop} only. */
    public void leave(Topic topic, EventLoop loop, Receiver receiver) {
        Audience audience = audiences.get(topic);
        Roster<Receiver> roster = audience == null ? null : audience.on(loop);
        if (roster != null) {
            roster.remove(receiver);
            if (roster.isEmpty() && audience.close(roster)) {
                audiences.remove(topic, audience);
            }
        }
    }

    /**
     * Says something to everybody who is not deaf to its source, on all replicas. Any thread.
     *
     * @param source null for one that nobody is deaf to, as all are on other replicas
     */
    public void publish(Topic topic, Broadcast broadcast, Object source) {
        publish(topic, broadcast, source, 0);
    }

    /**
     * The same, on each replica after what a transaction stored that has committed.
     *
     * @param after the transaction; 0 for none
     */
    public void publish(Topic topic, Broadcast broadcast, Object source, long after) {
        publishHereAfter(after, topic, broadcast, source);
        if (bus.reachesOthers()) {
            if (broadcast.size() > MAX_BYTES) {
                complaint.say(() -> LOG.warn("a broadcast of more than " + MAX_BYTES + " bytes does not reach the other replicas"));
            } else {
                bus.publish(KIND, BroadcastLine.write(topic, broadcast, after));
            }
        }
    }

    /** What a transaction stored has been said here, by {@link #publishHere}: now comes what was to come after it. By one thread. */
    public void said(long transaction) {
        rowsFirst.said(transaction);
    }

    /** The same of many, whether they stored something or not. By the same thread. */
    public void read(LongPredicate transactions) {
        rowsFirst.read(transactions);
    }

    /** The same as {@link #publish} for this replica alone: for what each replica learns of by itself. Any thread. */
    public void publishHere(Topic topic, Broadcast broadcast) {
        publishHere(topic, broadcast, null);
    }

    /** The same, but not to those who are deaf to its source. Any thread. */
    public void publishHere(Topic topic, Broadcast broadcast, Object source) {
        Audience audience = audiences.get(topic);
        if (audience == null) {
            return;
        }
        for (Roster<Receiver> roster : audience.rosters()) {
            // also on the own event loop: what a receiver publishes while it is being served must not overtake what is being served
            roster.loop().execute(() -> roster.each(1, receiver -> {
                if (!receiver.isDeafTo(source)) {
                    receiver.receive(broadcast);
                }
            }));
        }
    }

    /** Whether anybody here has joined the topic: otherwise there is nothing to prepare for {@link #publishHere}. Any thread. */
    public boolean isHeard(Topic topic) {
        return audiences.containsKey(topic);
    }

    private void publishHereAfter(long after, Topic topic, Broadcast broadcast, Object source) {
        if (after == 0) {
            publishHere(topic, broadcast, source);
        } else if (isHeard(topic)) {
            rowsFirst.say(after, broadcast.size(), () -> publishHere(topic, broadcast, source));
        }
    }

    private void received(String payload) {
        BroadcastLine line = BroadcastLine.read(payload);
        Topic topic = line.topic();
        if (isHeard(topic)) {
            publishHereAfter(line.after(), topic, line.broadcast(), null);
        }
    }
}
