package dev.parley.testing;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;

/**
 * Concurrent writers to some conversations: by turns REST, socket and plain SQL, each on a thread and with random numbers of its own.
 *
 * <p>Every writer retries with the same id until it is acknowledged, as a client must. One that can't fails the load.
 */
public final class Load implements AutoCloseable {

    private final List<UUID> conversations;
    private final int messages;
    private final long deadline;
    private final Duration pause;
    private final int padding;
    private final List<Writer> writers = new ArrayList<>();
    private final List<Thread> threads = new ArrayList<>();
    private final Set<UUID> acknowledged = ConcurrentHashMap.newKeySet();
    private final List<Throwable> failures = new CopyOnWriteArrayList<>();
    private final AtomicInteger started = new AtomicInteger();
    private volatile boolean stopped;

    private Load(Builder builder) {
        this.conversations = builder.conversations;
        this.messages = builder.messages;
        this.pause = builder.pause;
        this.padding = builder.padding;
        this.deadline = System.nanoTime() + builder.limit.toNanos();
    }

    public static Builder to(List<UUID> conversations, long seed) {
        return new Builder(conversations, seed);
    }

    /** Ids of the messages that were acknowledged so far. */
    public Set<UUID> acknowledged() {
        return acknowledged;
    }

    /** Waits until all messages are acknowledged and every writer is done. */
    public void await() {
        for (Thread thread : threads) {
            Await.until(() -> !thread.isAlive(), Duration.ofNanos(Math.max(1, deadline - System.nanoTime())),
                    () -> "all written; acknowledged " + acknowledged.size() + " of " + messages);
        }
        if (!failures.isEmpty()) {
            AssertionError error = new AssertionError(failures.size() + " writers failed", failures.get(0));
            failures.forEach(error::addSuppressed);
            throw error;
        }
    }

    /** Lets every writer finish its turn, then waits for them. */
    public void stop() {
        stopped = true;
        await();
    }

    /** Tells every writer to end; they do so after their turn. */
    @Override
    public void close() {
        stopped = true;
    }

    UUID anyConversation(Random random) {
        return conversations.get(random.nextInt(conversations.size()));
    }

    String content(Random random) {
        return "message " + random.nextInt() + "x".repeat(padding);
    }

    void acknowledged(UUID id) {
        acknowledged.add(id);
    }

    void failIfOverdue() {
        failIfOverdue(null);
    }

    void failIfOverdue(Exception last) {
        if (System.nanoTime() > deadline) {
            throw new AssertionError("not acknowledged in time", last);
        }
    }

    private void start() {
        for (Writer writer : writers) {
            Thread thread = new Thread(() -> run(writer), "writer-" + threads.size());
            thread.setDaemon(true);
            threads.add(thread);
        }
        threads.forEach(Thread::start);
    }

    private void run(Writer writer) {
        try (writer) {
            while (!stopped && started.get() < messages) {
                started.addAndGet(writer.write());
                if (!pause.isZero()) {
                    Await.pause(pause);
                }
            }
        } catch (Throwable e) {
            failures.add(e);
        }
    }

    /** What a load consists of. */
    public static final class Builder {

        private final List<UUID> conversations;
        private final long seed;
        private final List<BiFunction<Load, Random, Writer>> kinds = new ArrayList<>();
        private int messages = Integer.MAX_VALUE;
        private int padding;
        private Duration pause = Duration.ZERO;
        private Duration limit = Duration.ofMinutes(4);

        private Builder(List<UUID> conversations, long seed) {
            this.conversations = conversations;
            this.seed = seed;
        }

        public Builder rest(int writers, List<Instance> instances) {
            return add(writers, (load, random) -> new RestWriter(load, random, instances));
        }

        public Builder socket(int writers, List<Instance> instances) {
            return add(writers, (load, random) -> new SocketWriter(load, random, instances));
        }

        /** @param heldOpen transactions of each writer that stay open for a second */
        public Builder sql(int writers, TestPostgres database, int heldOpen) {
            return add(writers, (load, random) -> new SqlWriter(load, random, database, heldOpen));
        }

        /** The load ends by itself after about this many messages. */
        public Builder messages(int number) {
            messages = number;
            return this;
        }

        /** A writer's pause between two turns. */
        public Builder pause(Duration time) {
            pause = time;
            return this;
        }

        /** Additional length of each content. */
        public Builder padding(int characters) {
            padding = characters;
            return this;
        }

        public Load start() {
            Load load = new Load(this);
            for (int i = 0; i < kinds.size(); i++) {
                load.writers.add(kinds.get(i).apply(load, Seed.stream(seed, i)));
            }
            load.start();
            return load;
        }

        private Builder add(int writers, BiFunction<Load, Random, Writer> kind) {
            for (int i = 0; i < writers; i++) {
                kinds.add(kind);
            }
            return this;
        }
    }
}
