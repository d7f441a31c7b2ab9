package dev.parley.broadcast;

import dev.parley.broadcast.TopicHub.Receiver;
import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.List;

/** A topic's receivers, by event loop. */
final class Audience {

    /** Replaced, never changed: whoever publishes reads it without a lock. */
    private volatile List<Roster<Receiver>> rosters = List.of();
    private boolean gone;

    /** The receivers of one event loop, or null when this audience has left the hall and another is to be made. */
    synchronized Roster<Receiver> openOn(EventLoop loop) {
        if (gone) {
            return null;
        }
        Roster<Receiver> roster = on(loop);
        if (roster == null) {
            roster = new Roster<>(loop);
            List<Roster<Receiver>> more = new ArrayList<>(rosters);
            more.add(roster);
            rosters = List.copyOf(more);
        }
        return roster;
    }

    Roster<Receiver> on(EventLoop loop) {
        for (Roster<Receiver> roster : rosters) {
            if (roster.loop() == loop) {
                return roster;
            }
        }
        return null;
    }

    List<Roster<Receiver>> rosters() {
        return rosters;
    }

    /** Gives up an event loop's empty roster; true when it was the last one. On that event loop. */
    synchronized boolean close(Roster<Receiver> roster) {
        rosters = rosters.stream().filter(other -> other != roster).toList();
        return gone = rosters.isEmpty();
    }
}
