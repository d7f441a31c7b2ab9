package dev.parley.broadcast;

import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import org.jboss.logging.Logger;

/** Those who share a topic on one event loop, and only there. They may come and go while they are being served. */
final class Roster<T> {

    private static final Logger LOG = Logger.getLogger(Roster.class);
    /** Up to so many are searched for one by one: most topics have two or three, and a map for each would cost more than it saves. */
    private static final int SEARCHED = 8;

    private static final class Seat<T> {

        private final T who;
        private final long since;
        private int index;

        Seat(T who, long since) {
            this.who = who;
            this.since = since;
        }
    }

    private final EventLoop loop;
    private final List<Seat<T>> seats = new ArrayList<>(2);
    private Map<T, Seat<T>> index;
    private int present;
    private int serving;
    private boolean holes;

    Roster(EventLoop loop) {
        this.loop = loop;
    }

    EventLoop loop() {
        return loop;
    }

    /** @param since what has this number or a lower one is not for them */
    void add(T who, long since) {
        Seat<T> seat = new Seat<>(who, since);
        seat.index = seats.size();
        seats.add(seat);
        present++;
        if (index != null) {
            index.put(who, seat);
        } else if (seats.size() > SEARCHED) {
            index = new IdentityHashMap<>();
            seats.stream().filter(Objects::nonNull).forEach(taken -> index.put(taken.who, taken));
        }
    }

    /** The last one takes the place, or, while all are being served, nobody for now. */
    void remove(T who) {
        Seat<T> seat = find(who);
        if (seat == null) {
            return;
        }
        present--;
        if (index != null) {
            index.remove(who);
        }
        if (serving > 0) {
            seats.set(seat.index, null);
            holes = true;
            return;
        }
        Seat<T> moved = seats.remove(seats.size() - 1);
        if (moved != seat) {
            moved.index = seat.index;
            seats.set(seat.index, moved);
        }
    }

    private Seat<T> find(T who) {
        if (index != null) {
            return index.get(who);
        }
        for (Seat<T> seat : seats) {
            if (seat != null && seat.who == who) {
                return seat;
            }
        }
        return null;
    }

    /** Serves all for whom the number is new. */
    void each(long number, Consumer<T> action) {
        serving++;
        // those who come meanwhile came too late
        for (int i = 0, size = seats.size(); i < size; i++) {
            Seat<T> seat = seats.get(i);
            if (seat != null && seat.since < number) {
                try {
                    action.accept(seat.who);
                } catch (RuntimeException e) {
                    LOG.error("one of a topic's sockets could not be served", e);
                }
            }
        }
        if (--serving == 0 && holes) {
            holes = false;
            seats.removeIf(Objects::isNull);
            for (int i = 0; i < seats.size(); i++) {
                seats.get(i).index = i;
            }
        }
    }

    boolean isEmpty() {
        return present == 0;
    }
}
