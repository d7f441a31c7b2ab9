package dev.parley.stream;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** The subscriptions of one topic on one event loop. A subscription may leave while all of them are being served. */
final class Subscribers {

    private final List<StreamSubscription> all = new ArrayList<>(2);
    private int serving;
    private boolean holes;

    void add(StreamSubscription subscription) {
        subscription.index = all.size();
        all.add(subscription);
    }

    /** Constant time: the last one takes its place, or, while all are being served, nobody for now. */
    void remove(StreamSubscription subscription) {
        if (serving > 0) {
            all.set(subscription.index, null);
            holes = true;
            return;
        }
        StreamSubscription moved = all.remove(all.size() - 1);
        if (moved != subscription) {
            moved.index = subscription.index;
            all.set(subscription.index, moved);
        }
    }

    void each(Consumer<StreamSubscription> action) {
        serving++;
        // those who come meanwhile are served by their own replay
        for (int i = 0, size = all.size(); i < size; i++) {
            StreamSubscription subscription = all.get(i);
            if (subscription != null) {
                action.accept(subscription);
            }
        }
        if (--serving == 0 && holes) {
            holes = false;
            all.removeIf(subscription -> subscription == null);
            for (int i = 0; i < all.size(); i++) {
                all.get(i).index = i;
            }
        }
    }

    boolean isEmpty() {
        return serving == 0 && all.isEmpty();
    }
}
