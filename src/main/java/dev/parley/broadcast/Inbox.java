package dev.parley.broadcast;

import dev.parley.database.Reminder;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Consumer;
import org.jboss.logging.Logger;

/** What has come for one subscriber and waits for a larger event before it that is still being fetched. On the listener's event loop only. */
final class Inbox {

    private static final Logger LOG = Logger.getLogger(Inbox.class);

    /** An event's place in the order. */
    static final class Place {

        private String payload;
        private boolean settled;
    }

    private final String kind;
    private final Consumer<String> subscriber;
    private final int most;
    private final Reminder complaint = new Reminder(Duration.ofSeconds(30));
    private final Deque<Place> waiting = new ArrayDeque<>(0);

    /** @param most more may not wait; what comes then is dropped */
    Inbox(String kind, Consumer<String> subscriber, int most) {
        this.kind = kind;
        this.subscriber = subscriber;
        this.most = most;
    }

    void add(String payload) {
        if (waiting.isEmpty()) {
            deliver(payload);
        } else if (waiting.size() < most) {
            Place place = new Place();
            waiting.add(place);
            settle(place, payload);
        }
    }

    /** Keeps a place for an event that is to come; null when there is none. */
    Place reserve() {
        if (waiting.size() >= most) {
            return null;
        }
        Place place = new Place();
        waiting.add(place);
        return place;
    }

    /** @param payload null when it does not come after all */
    void settle(Place place, String payload) {
        place.payload = payload;
        place.settled = true;
        for (Place next; (next = waiting.peek()) != null && next.settled; ) {
            waiting.poll();
            if (next.payload != null) {
                deliver(next.payload);
            }
        }
    }

    private void deliver(String payload) {
        try {
            subscriber.accept(payload);
        } catch (RuntimeException e) {
            complaint.say(() -> LOG.warn("an event of kind " + kind + " from another replica can't be understood: " + e));
        }
    }
}
