package dev.parley.broadcast;

import dev.parley.database.Reminder;
import io.netty.channel.EventLoop;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.vertx.core.Vertx;
import io.vertx.core.impl.ContextInternal;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Base64;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.jboss.logging.Logger;

/**
 * Who is there, on each topic, on all replicas together.
 *
 * <p>Each replica keeps all members of all topics that have any, some 500 bytes for each besides its key and what it says, and nothing of other topics.
 * A change is told to a topic's watchers at once, and when changes come thick and fast at most every {@value #DIFF_PAUSE_MS} ms what came of them.
 */
@ApplicationScoped
public class Presence {

    /** A key's greatest length, in characters. */
    public static final int MAX_KEY = 256;

    static final long DIFF_PAUSE_MS = 50;
    static final long DIFF_PAUSE_NANOS = Duration.ofMillis(DIFF_PAUSE_MS).toNanos();

    private static final Logger LOG = Logger.getLogger(Presence.class);
    private static final int NAME_BYTES = 9;

    private final Reminder complaint = new Reminder(Duration.ofSeconds(30));
    private final EphemeralBus bus;
    private final PresenceConfig config;
    private final ConcurrentMap<Topic, PresenceTopic> topics = new ConcurrentHashMap<>();
    private final AtomicLong numbers = new AtomicLong();
    private final AtomicLong refs = new AtomicLong();
    private final String self;
    private final EventLoop home;
    private final PresenceTelling telling;
    private final PresencePeers peers;
    private final long heartbeatNanos;
    private ScheduledFuture<?> heart;
    private boolean listDue;
    private long listedAt;

    Presence(EphemeralBus bus, PresenceConfig config, Vertx vertx) {
        byte[] name = new byte[NAME_BYTES];
        new SecureRandom().nextBytes(name);
        this.bus = bus;
        this.config = config;
        this.self = Base64.getUrlEncoder().encodeToString(name);
        this.home = ((ContextInternal) vertx.getOrCreateContext()).nettyEventLoop();
        this.heartbeatNanos = config.heartbeat().toNanos();
        this.listedAt = System.nanoTime() - heartbeatNanos;
        this.telling = new PresenceTelling(bus, home, self);
        this.peers = new PresencePeers(self, telling, this::setForeign, this::listSoon, heartbeatNanos);
    }

    /** Somebody who watches a topic. Called on the event loop that it watches on; must not block. */
    public interface Watcher {

        /** All who are there: {@code {KEY:{"metas":[{"phx_ref":…,…}]},…}}, JSON in UTF-8. First of all, and once. */
        void state(byte[] json);

        /** Who came and went. One for all watchers of the topic. */
        void diff(PresenceDiff diff);
    }

    void start(@Observes StartupEvent event) {
        bus.subscribe(PresenceTelling.KIND, line -> home.execute(() -> heard(line)));
        bus.onConnected(() -> home.execute(() -> {
            telling.heartbeat();
            peers.reconnected();
        }));
        heart = home.scheduleAtFixedRate(this::beat, 0, heartbeatNanos, TimeUnit.NANOSECONDS);
    }

    void stop(@Observes ShutdownEvent event) {
        heart.cancel(false);
        telling.goodbye();
    }

    /** Begins to watch: {@link Watcher#state} comes before this returns, differences follow. On {@code loop} only, and once until it ends. */
    public void watch(Topic topic, EventLoop loop, Watcher watcher) {
        watcher.state(in(topic, there -> there.watch(loop, watcher)));
    }

    /** Ends watching. On {@code loop} only. */
    public void unwatch(Topic topic, EventLoop loop, Watcher watcher) {
        in(topic, there -> {
            there.unwatch(loop, watcher);
            return null;
        });
    }

    /**
     * Makes {@code member} present, or changes what it says. The same again changes nothing. Any thread.
     *
     * @param member identifies the channel on this replica; any object, compared by identity
     * @param meta   a JSON object's text
     * @return false when it can't be: the key is too long, or the topic has as many members as it may
     */
    public boolean track(Topic topic, Object member, String key, String meta) {
        if (key.length() > MAX_KEY) {
            return false;
        }
        return in(topic, there -> {
            Member known = there.own(member);
            if (known == null) {
                if (there.size() >= config.maxMembers()) {
                    return false;
                }
                known = new Member(numbers.incrementAndGet());
                there.addOwn(member, known);
            } else if (known.now.key().equals(key) && known.now.text().equals(meta)) {
                return true;
            }
            Meta saying = new Meta(key, self + Long.toString(refs.incrementAndGet(), Character.MAX_RADIX), meta);
            set(there, known, saying);
            telling.joined(known.number, topic, saying);
            return true;
        });
    }

    /** The member is gone; nothing happens when it was not there. Any thread. */
    public void untrack(Topic topic, Object member) {
        if (!topics.containsKey(topic)) {
            return;
        }
        in(topic, there -> {
            Member known = there.removeOwn(member);
            if (known != null) {
                set(there, known, null);
                telling.left(known.number);
            }
            return null;
        });
    }

    private void setForeign(Topic topic, Member member, Meta meta) {
        in(topic, there -> {
            set(there, member, meta);
            return null;
        });
    }

    private void set(PresenceTopic there, Member member, Meta meta) {
        if (there.set(member, meta)) {
            home.schedule(() -> in(there.topic(), now -> {
                now.flush();
                return null;
            }), Math.max(0, there.nextFlush() - System.nanoTime()), TimeUnit.NANOSECONDS);
        }
    }

    /** Does something with a topic under its lock, and puts it away when nobody is left. */
    private <R> R in(Topic topic, Function<PresenceTopic, R> action) {
        while (true) {
            PresenceTopic there = topics.computeIfAbsent(topic, PresenceTopic::new);
            synchronized (there) {
                if (!there.isGone()) {
                    R result = action.apply(there);
                    if (there.leaveIfEmpty()) {
                        topics.remove(topic, there);
                    }
                    return result;
                }
            }
        }
    }

    private void beat() {
        try {
            telling.heartbeat();
            peers.tick(bus.isConnected());
        } catch (RuntimeException e) {
            // or there would be no other
            LOG.error("a heartbeat failed", e);
        }
    }

    private void heard(String line) {
        try {
            peers.heard(line);
        } catch (RuntimeException e) {
            complaint.say(() -> LOG.warn("another replica's word on presence can't be understood: " + e));
        }
    }

    /** Tells the others all members of this replica. Several who ask within a moment get one answer. */
    private void listSoon() {
        if (listDue) {
            return;
        }
        listDue = true;
        long pause = listedAt + heartbeatNanos / 4 - System.nanoTime();
        home.schedule(() -> {
            listDue = false;
            listedAt = System.nanoTime();
            telling.say(PresenceLine.BEGIN);
            topics.values().forEach(this::list);
            telling.say(PresenceLine.END);
        }, Math.max(0, pause), TimeUnit.NANOSECONDS);
    }

    private void list(PresenceTopic there) {
        synchronized (there) {
            there.own().forEach(member -> telling.joined(member.number, there.topic(), member.now));
        }
    }
}
