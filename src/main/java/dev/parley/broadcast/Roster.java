package dev.parley.broadcast;

import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jboss.logging.Logger;

/** Those who share a topic on one event loop, and only there. They may come and go while they are being served. */
final class Roster<T> {

    private static final Logger LOG = Logger.getLogger(Roster.class);
    /** Up to so many are searched for one by one: most topics have two or three, and a map for each would cost more than it saves. */
    private static final int SEARCHED = 8;
    private static final long[] FROM_THE_BEGINNING = {};

    private final EventLoop loop;
    /** Null where somebody left while all were being served. Themselves, not a seat of each: ten thousand of those lie out of the processor's cache. */
    private final List<T> seated = new ArrayList<>(2);
    /** Of each seat, as far as it goes; beyond, 0. */
    private long[] since = FROM_THE_BEGINNING;
    private Map<T, Integer> index;
    private int present;
    private int serving;
    private boolean holes;

    Roster(EventLoop loop) {
        this.loop = loop;
    }

    EventLoop loop() {
        return loop;
    }

    /** @param number what has this number or a lower one is not for them */
    void add(T who, long number) {
        int seat = seated.size();
        seated.add(who);
        setSince(seat, number);
        present++;
        if (index != null) {
            index.put(who, seat);
        } else if (seated.size() > SEARCHED) {
            index = new IdentityHashMap<>();
            number();
        }
    }

    /** The last one takes the place, or, while all are being served, nobody for now. */
    void remove(T who) {
        int seat = find(who);
        if (seat < 0) {
            return;
        }
        present--;
        if (index != null) {
            index.remove(who);
        }
        if (serving > 0) {
            seated.set(seat, null);
            holes = true;
            return;
        }
        int last = seated.size() - 1;
        T moved = seated.remove(last);
        if (seat < last) {
            seated.set(seat, moved);
            setSince(seat, since(last));
            if (index != null) {
                index.put(moved, seat);
            }
        }
    }

    private int find(T who) {
        if (index != null) {
            return index.getOrDefault(who, -1);
        }
        for (int seat = 0; seat < seated.size(); seat++) {
            if (seated.get(seat) == who) {
                return seat;
            }
        }
        return -1;
    }

    /** Serves all for whom the number is new. */
    void each(long number, Consumer<T> action) {
        serving++;
        // those who come meanwhile came too late
        for (int seat = 0, size = seated.size(); seat < size; seat++) {
            T who = seated.get(seat);
            if (who != null && since(seat) < number) {
                try {
                    action.accept(who);
                } catch (RuntimeException e) {
                    LOG.error("one of a topic's sockets could not be served", e);
                }
            }
        }
        if (--serving == 0 && holes) {
            closeHoles();
        }
    }

    private void closeHoles() {
        holes = false;
        int next = 0;
        for (int seat = 0; seat < seated.size(); seat++) {
            T who = seated.get(seat);
            if (who != null) {
                seated.set(next, who);
                setSince(next++, since(seat));
            }
        }
        seated.subList(next, seated.size()).clear();
        number();
    }

    private void number() {
        for (int seat = 0; index != null && seat < seated.size(); seat++) {
            if (seated.get(seat) != null) {
                index.put(seated.get(seat), seat);
            }
        }
    }

    private long since(int seat) {
        return seat < since.length ? since[seat] : 0;
    }

    private void setSince(int seat, long number) {
        if (seat >= since.length) {
            if (number == 0) {
                return;
            }
            since = Arrays.copyOf(since, Math.max(2 * since.length, seat + 1));
        }
        since[seat] = number;
    }

    boolean isEmpty() {
        return present == 0;
    }
}
