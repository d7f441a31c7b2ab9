package dev.parley.broadcast;

import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * What this replica tells the others of its members: numbered lines, so that whoever misses one knows. Any thread; what is said of a topic under its lock
 * goes out in that order.
 */
final class PresenceTelling {

    static final String KIND = "presence";
    /** What is said within it goes out together. */
    private static final long PAUSE_MS = 20;
    /** A line's length, if one word is not longer. */
    private static final int ENOUGH = 200_000;

    private final EphemeralBus bus;
    private final EventLoop loop;
    private final String self;
    private List<String> words = new ArrayList<>();
    private boolean scheduled;
    private boolean over;
    /** The last line's number. */
    private long seq;

    /** @param self names this replica */
    PresenceTelling(EphemeralBus bus, EventLoop loop, String self) {
        this.bus = bus;
        this.loop = loop;
        this.self = self;
    }

    synchronized void say(String word) {
        words.add(word);
        later();
    }

    synchronized void joined(long number, Topic topic, Meta meta) {
        if (isHeard()) {
            say(new PresenceLine.Joined(number, topic, meta).write());
        }
    }

    synchronized void left(long number) {
        if (isHeard()) {
            say(PresenceLine.left(number));
        }
    }

    /** A replica that listened after all finds a number missing, and asks. */
    private boolean isHeard() {
        if (bus.reachesOthers()) {
            return true;
        }
        flush();
        seq++;
        return false;
    }

    private void later() {
        if (!scheduled) {
            scheduled = true;
            loop.schedule(() -> {
                synchronized (this) {
                    scheduled = false;
                    flush();
                }
            }, PAUSE_MS, TimeUnit.MILLISECONDS);
        }
    }

    private void flush() {
        StringBuilder line = new StringBuilder();
        for (String word : words) {
            if (line.length() > 0 && line.length() + word.length() > ENOUGH) {
                publishWords(line);
                line.setLength(0);
            }
            line.append(' ').append(word);
        }
        if (line.length() > 0) {
            publishWords(line);
        }
        words = new ArrayList<>();
    }

    private void publishWords(CharSequence saying) {
        publish("d " + self + ' ' + ++seq + saying);
    }

    synchronized void heartbeat() {
        publish("h " + self + ' ' + seq);
    }

    /** Asks a replica for all its members. */
    synchronized void ask(String other) {
        publish("a " + self + ' ' + other);
    }

    /** The last word: from now on nothing is said. */
    synchronized void goodbye() {
        publish("g " + self);
        over = true;
    }

    private void publish(String line) {
        if (!over) {
            bus.publish(KIND, line);
        }
    }
}
