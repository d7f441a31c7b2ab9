package dev.parley.testing;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** Many clients at once: each conversation's and some global ones, on every instance. */
public final class Readers implements AutoCloseable {

    private final List<Follower> conversations = new ArrayList<>();
    private final List<Follower> globals = new ArrayList<>();

    /** Joins a stream of each conversation and some global ones on each instance; all are live on return. */
    public static Readers join(List<Instance> instances, List<UUID> conversations, int globals) throws IOException {
        return join(Protocol.PLAIN, instances, conversations, globals);
    }

    /** The same over a protocol of choice. */
    public static Readers join(Protocol protocol, List<Instance> instances, List<UUID> conversations, int globals) throws IOException {
        Readers readers = new Readers();
        for (Instance instance : instances) {
            for (UUID conversation : conversations) {
                readers.conversations.add(protocol.conversation(conversation).after(0).connect(instance));
            }
            for (int i = 0; i < globals; i++) {
                readers.globals.add(protocol.global().connect(instance));
            }
        }
        readers.all().forEach(Follower::awaitLive);
        return readers;
    }

    /** Streams that break go on at one of these instances. */
    public Readers reconnectingTo(List<Instance> instances) {
        all().forEach(stream -> stream.reconnectingTo(instances));
        return this;
    }

    public List<Follower> all() {
        List<Follower> all = new ArrayList<>(conversations);
        all.addAll(globals);
        return all;
    }

    /** Waits until every stream has as many messages as the table, then fails unless each has exactly the table's rows. */
    public void assertExactly(Map<UUID, List<Deliveries.Entry>> committed, Duration patience) {
        long total = committed.values().stream().mapToLong(List::size).sum();
        long expected = globals.size() * total + (conversations.isEmpty() ? 0 : expectedByConversations(committed));
        try {
            Await.until(() -> delivered() >= expected, patience, () -> "everything delivered: " + delivered() + " of " + expected);
        } catch (AssertionError incomplete) {
            checkEach(committed);
            throw incomplete;
        }
        checkEach(committed);
    }

    /**
     * The same of what these conversations hold now and a row that is inserted into each here: once it has come, everything that was to come before it has, and
     * what came too often is seen.
     */
    public void assertExactlyBeforeAFence(TestPostgres database, Collection<UUID> conversations, Duration patience) {
        Sql.on(database).run("insert into messages (conversation_id, content) select unnest(?), 'fence'", (Object) conversations.toArray(UUID[]::new));
        assertExactly(Truth.messages(database, conversations), patience);
    }

    /** Fails if any stream was closed or told to start over. */
    public void assertUndisturbed() {
        for (Follower stream : all()) {
            if (!stream.closes().isEmpty() || !stream.disturbances().isEmpty()) {
                throw new AssertionError("disturbed: closed " + stream.closes() + ", told " + stream.disturbances());
            }
        }
    }

    private long delivered() {
        return all().stream().mapToLong(stream -> stream.deliveries().count()).sum();
    }

    private long expectedByConversations(Map<UUID, List<Deliveries.Entry>> committed) {
        return conversations.stream().mapToLong(stream -> committed.getOrDefault(stream.conversation(), List.of()).size()).sum();
    }

    private void checkEach(Map<UUID, List<Deliveries.Entry>> committed) {
        globals.forEach(stream -> stream.deliveries().assertExactly(committed));
        for (Follower stream : conversations) {
            List<Deliveries.Entry> rows = committed.get(stream.conversation());
            stream.deliveries().assertExactly(rows == null ? Map.of() : Map.of(stream.conversation(), rows));
        }
    }

    @Override
    public void close() {
        all().forEach(Follower::close);
    }
}
