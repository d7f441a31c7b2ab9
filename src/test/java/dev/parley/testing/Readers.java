package dev.parley.testing;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** Many streams at once: each conversation's and some global ones, on every instance. */
public final class Readers implements AutoCloseable {

    private final List<StreamClient> conversations = new ArrayList<>();
    private final List<StreamClient> globals = new ArrayList<>();

    /** Joins a stream of each conversation and some global ones on each instance; all are live on return. */
    public static Readers join(List<Instance> instances, List<UUID> conversations, int globals) throws IOException {
        Readers readers = new Readers();
        for (Instance instance : instances) {
            for (UUID conversation : conversations) {
                readers.conversations.add(StreamClient.conversation(conversation).after(0).connect(instance));
            }
            for (int i = 0; i < globals; i++) {
                readers.globals.add(StreamClient.global().connect(instance));
            }
        }
        readers.all().forEach(StreamClient::awaitLive);
        return readers;
    }

    /** Streams that break go on at one of these instances. */
    public Readers reconnectingTo(List<Instance> instances) {
        all().forEach(stream -> stream.reconnectingTo(instances));
        return this;
    }

    public List<StreamClient> all() {
        List<StreamClient> all = new ArrayList<>(conversations);
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

    /** Fails if any stream was closed or told to start over. */
    public void assertUndisturbed() {
        for (StreamClient stream : all()) {
            if (!stream.closes().isEmpty() || !stream.frames("resync").isEmpty() || !stream.frames("error").isEmpty()) {
                throw new AssertionError("disturbed: closed " + stream.closes() + ", frames " + stream.frames());
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
        for (StreamClient stream : conversations) {
            List<Deliveries.Entry> rows = committed.get(stream.conversation());
            stream.deliveries().assertExactly(rows == null ? Map.of() : Map.of(stream.conversation(), rows));
        }
    }

    @Override
    public void close() {
        all().forEach(StreamClient::close);
    }
}
