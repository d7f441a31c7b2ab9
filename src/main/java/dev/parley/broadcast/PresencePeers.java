package dev.parley.broadcast;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jboss.logging.Logger;

/**
 * The other replicas' members, as they tell of them. On one event loop only.
 *
 * <p>A replica owns its members and nobody else speaks of them. It is asked for all of them when it is new and when a line of it is missing or can't
 * be read; what it does not name then is gone. One that is silent for too long is dead, and its members are gone with it.
 */
final class PresencePeers {

    private static final Logger LOG = Logger.getLogger(PresencePeers.class);

    /** Where a peer's member is told of. */
    interface Members {

        /** @param meta null when it is gone */
        void set(Topic topic, Member member, Meta meta);
    }

    private static final class Known {

        private final Topic topic;
        private final Member member;
        private String ref;
        private long listed;

        Known(Topic topic, Member member) {
            this.topic = topic;
            this.member = member;
        }
    }

    private static final class Peer {

        private final String name;
        private final Map<Long, Known> members = new HashMap<>();
        private long seq = -1;
        private long heardAt;
        private long askedAt;
        /** Whether something of it may be unknown: it is asked until it has listed all. */
        private boolean stale = true;
        /** Whether a list is under way of which nothing is missing so far. */
        private boolean listing;
        private long list;

        Peer(String name) {
            this.name = name;
        }
    }

    private final String self;
    private final PresenceTelling telling;
    private final Members members;
    private final Runnable asked;
    private final long heartbeatNanos;
    private final Map<String, Peer> peers = new HashMap<>();

    /** @param asked called when somebody wants to know all members of this replica */
    PresencePeers(String self, PresenceTelling telling, Members members, Runnable asked, long heartbeatNanos) {
        this.self = self;
        this.telling = telling;
        this.members = members;
        this.asked = asked;
        this.heartbeatNanos = heartbeatNanos;
    }

    /** @throws RuntimeException when it is not a line of {@link PresenceTelling}, or not in all words: the others count */
    void heard(String line) {
        String[] words = line.split(" ");
        String name = words[1];
        if (name.equals(self)) {
            return;
        }
        if (words[0].equals("g")) {
            forget(name);
            return;
        }
        Peer peer = peer(name);
        peer.heardAt = System.nanoTime();
        switch (words[0]) {
            case "d" -> {
                if (isNext(peer, Long.parseLong(words[2]))) {
                    takeAll(peer, words);
                }
            }
            case "h" -> {
                long seq = Long.parseLong(words[2]);
                if (seq > peer.seq) {
                    missed(peer, seq);
                }
            }
            case "a" -> {
                if (words[2].equals(self)) {
                    asked.run();
                }
            }
            default -> throw new IllegalArgumentException("unknown word");
        }
    }

    private Peer peer(String name) {
        Peer peer = peers.get(name);
        if (peer == null) {
            peer = new Peer(name);
            peers.put(name, peer);
            ask(peer);
        }
        return peer;
    }

    /** Whether a line is new. If lines before it are missing, it counts, and all is asked for. */
    private boolean isNext(Peer peer, long seq) {
        if (seq <= peer.seq) {
            return false;
        }
        if (seq > peer.seq + 1) {
            missed(peer, seq);
        }
        peer.seq = seq;
        return true;
    }

    private void missed(Peer peer, long seq) {
        peer.seq = seq;
        peer.listing = false;
        peer.stale = true;
        if (System.nanoTime() - peer.askedAt > heartbeatNanos / 4) {
            ask(peer);
        }
    }

    private void ask(Peer peer) {
        peer.askedAt = System.nanoTime();
        telling.ask(peer.name);
    }

    /**
     * Takes what it can. A word that it can't read, such as a newer version's, counts as a missing line: only a list that begins after it is a whole one.
     * It is asked for with the next heartbeat and not at once, since a newer version's list may have such words too.
     */
    private void takeAll(Peer peer, String[] words) {
        RuntimeException unreadable = null;
        for (int i = 3; i < words.length; i++) {
            try {
                take(peer, words[i]);
            } catch (RuntimeException e) {
                peer.listing = false;
                peer.stale = true;
                unreadable = e;
            }
        }
        if (unreadable != null) {
            throw unreadable;
        }
    }

    private void take(Peer peer, String word) {
        switch (word.charAt(0)) {
            case 'b' -> {
                peer.list++;
                peer.listing = true;
            }
            case 'e' -> {
                if (peer.listing) {
                    peer.listing = false;
                    peer.stale = false;
                    dropUnlisted(peer);
                }
            }
            case '+' -> joined(peer, PresenceLine.Joined.read(word));
            case '-' -> left(peer.members.remove(PresenceLine.readLeft(word)));
            default -> throw new IllegalArgumentException("unknown word");
        }
    }

    private void joined(Peer peer, PresenceLine.Joined joined) {
        Known known = peer.members.computeIfAbsent(joined.number(), number -> new Known(joined.topic(), new Member(number)));
        known.listed = peer.list;
        if (!joined.meta().ref().equals(known.ref)) {
            known.ref = joined.meta().ref();
            members.set(known.topic, known.member, joined.meta());
        }
    }

    private void left(Known known) {
        if (known != null) {
            members.set(known.topic, known.member, null);
        }
    }

    private void dropUnlisted(Peer peer) {
        for (Iterator<Known> all = peer.members.values().iterator(); all.hasNext(); ) {
            Known known = all.next();
            if (known.listed != peer.list) {
                all.remove();
                left(known);
            }
        }
    }

    private void forget(String name) {
        Peer peer = peers.remove(name);
        if (peer != null) {
            peer.members.values().forEach(this::left);
        }
    }

    /** To be called with each heartbeat. @param hearing whether the others can be heard at all: otherwise their silence says nothing */
    void tick(boolean hearing) {
        long now = System.nanoTime();
        List<Peer> all = new ArrayList<>(peers.values());
        for (Peer peer : all) {
            if (!hearing) {
                peer.heardAt = now;
            } else if (now - peer.heardAt > 3 * heartbeatNanos) {
                LOG.infof("a replica is silent: its %d members on presence topics are taken for gone", peer.members.size());
                forget(peer.name);
            } else if (peer.stale) {
                ask(peer);
            }
        }
    }

    /** What was said while this replica could not listen is lost. */
    void reconnected() {
        each(peer -> {
            peer.heardAt = System.nanoTime();
            peer.listing = false;
            peer.stale = true;
            ask(peer);
        });
    }

    private void each(Consumer<Peer> action) {
        new ArrayList<>(peers.values()).forEach(action);
    }
}
