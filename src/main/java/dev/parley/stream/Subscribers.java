package dev.parley.stream;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jboss.logging.Logger;

/** The subscriptions to one thing on one event loop. A subscription may leave while all of them are being served. */
final class Subscribers {

    private static final Logger LOG = Logger.getLogger(Subscribers.class);

    private final List<Member> all = new ArrayList<>(2);
    private int serving;
    private boolean holes;

    Member add(StreamSubscription subscription) {
        Member member = new Member(subscription);
        member.index = all.size();
        all.add(member);
        return member;
    }

    /** Constant time: the last one takes its place, or, while all are being served, nobody for now. */
    void remove(Member member) {
        if (serving > 0) {
            all.set(member.index, null);
            holes = true;
            return;
        }
        Member moved = all.remove(all.size() - 1);
        if (moved != member) {
            moved.index = member.index;
            all.set(member.index, moved);
        }
    }

    /** One that fails ends by itself: the others get theirs. */
    void each(Consumer<StreamSubscription> action) {
        serving++;
        try {
            // those who come meanwhile are served by their own replay
            for (int i = 0, size = all.size(); i < size; i++) {
                Member member = all.get(i);
                if (member != null) {
                    serve(member.subscription, action);
                }
            }
        } finally {
            if (--serving == 0 && holes) {
                closeHoles();
            }
        }
    }

    private void closeHoles() {
        holes = false;
        all.removeIf(member -> member == null);
        for (int i = 0; i < all.size(); i++) {
            all.get(i).index = i;
        }
    }

    /** The same for one by itself. */
    static void serve(StreamSubscription subscription, Consumer<StreamSubscription> action) {
        try {
            action.accept(subscription);
        } catch (RuntimeException e) {
            LOG.error("a stream could not be served and ends", e);
            subscription.broken(e);
        }
    }

    boolean isEmpty() {
        return serving == 0 && all.isEmpty();
    }
}
