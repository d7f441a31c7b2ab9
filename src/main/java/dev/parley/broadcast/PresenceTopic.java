package dev.parley.broadcast;

import dev.parley.broadcast.Presence.Watcher;
import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Who is on one topic, and who watches. Everything under this object's lock; a roster besides on its event loop only.
 *
 * <p>Watchers know what {@link Member#told} says. A change is told with the next {@link #flush}; what changes back before is not told at all. A new watcher
 * gets what the others know, and the rest with them.
 */
final class PresenceTopic {

    private final Topic topic;
    private final Map<Object, Member> own = new IdentityHashMap<>(2);
    /** Those who are there, and those of whom the watchers don't know yet that they are gone. */
    private final Set<Member> members = new LinkedHashSet<>();
    private final Set<Member> changed = new LinkedHashSet<>();
    private final List<Roster<Watcher>> rosters = new ArrayList<>(1);
    private long version;
    private byte[] state;
    private boolean gone;
    private boolean flushing;
    private long flushedAt;

    PresenceTopic(Topic topic) {
        this.topic = topic;
        this.flushedAt = System.nanoTime() - Presence.DIFF_PAUSE_NANOS;
    }

    Topic topic() {
        return topic;
    }

    /** Whether it was left by all and has been put away: another is to be taken. */
    boolean isGone() {
        return gone;
    }

    /** Marks it as put away when nobody is here any more. */
    boolean leaveIfEmpty() {
        return gone = members.isEmpty() && rosters.isEmpty();
    }

    int size() {
        return members.size();
    }

    Member own(Object channel) {
        return own.get(channel);
    }

    Collection<Member> own() {
        return own.values();
    }

    void addOwn(Object channel, Member member) {
        own.put(channel, member);
    }

    Member removeOwn(Object channel) {
        return own.remove(channel);
    }

    /** What a member says from now on, null that it is gone. True when {@link #flush} must be called some time. */
    boolean set(Member member, Meta meta) {
        member.now = meta;
        members.add(member);
        changed.add(member);
        if (rosters.isEmpty()) {
            settle();
            return false;
        }
        boolean first = !flushing;
        flushing = true;
        return first;
    }

    /** When the watchers may be told again, as {@link System#nanoTime} says it. */
    long nextFlush() {
        return flushedAt + Presence.DIFF_PAUSE_NANOS;
    }

    /** Tells the watchers what has changed. */
    void flush() {
        flushing = false;
        flushedAt = System.nanoTime();
        PresenceJson joins = new PresenceJson();
        PresenceJson leaves = new PresenceJson();
        for (Member member : changed) {
            Meta before = member.told;
            Meta after = member.now;
            if (before == after) {
                continue;
            }
            if (before != null) {
                leaves.add(before.key(), before.json());
            }
            if (after != null) {
                joins.add(after.key(), before != null && before.key().equals(after.key()) ? after.json(before) : after.json());
            }
        }
        settle();
        if (!joins.isEmpty() || !leaves.isEmpty()) {
            tell(new PresenceDiff(PresenceJson.diff(joins, leaves)));
        }
    }

    private void tell(PresenceDiff diff) {
        long number = ++version;
        for (Roster<Watcher> roster : rosters) {
            roster.loop().execute(() -> roster.each(number, watcher -> watcher.diff(diff)));
        }
    }

    private void settle() {
        for (Member member : changed) {
            member.told = member.now;
            if (member.now == null) {
                members.remove(member);
            }
        }
        changed.clear();
        state = null;
    }

    /** On {@code loop}. */
    byte[] watch(EventLoop loop, Watcher watcher) {
        Roster<Watcher> roster = roster(loop);
        if (roster == null) {
            roster = new Roster<>(loop);
            rosters.add(roster);
        }
        roster.add(watcher, version);
        if (state == null) {
            PresenceJson json = new PresenceJson();
            members.stream().map(member -> member.told).filter(told -> told != null).forEach(told -> json.add(told.key(), told.json()));
            state = json.state();
        }
        return state;
    }

    /** On {@code loop}. */
    void unwatch(EventLoop loop, Watcher watcher) {
        for (Iterator<Roster<Watcher>> all = rosters.iterator(); all.hasNext(); ) {
            Roster<Watcher> roster = all.next();
            if (roster.loop() == loop) {
                roster.remove(watcher);
                if (roster.isEmpty()) {
                    all.remove();
                }
            }
        }
        if (rosters.isEmpty()) {
            settle();
        }
    }

    private Roster<Watcher> roster(EventLoop loop) {
        for (Roster<Watcher> roster : rosters) {
            if (roster.loop() == loop) {
                return roster;
            }
        }
        return null;
    }
}
