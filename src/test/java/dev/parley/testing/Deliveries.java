package dev.parley.testing;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * What one stream has delivered, checked frame by frame: within a conversation {@code seq} rises by one, without repeat, inversion or gap.
 * At the end the whole can be compared with the rows of the table.
 *
 * <p>Thread-safe: the reading thread writes, the test reads.
 */
public final class Deliveries {

    /** A message's identity: two deliveries are the same iff both are equal. */
    public record Entry(long seq, UUID id) {
    }

    private static final int REPORTED = 20;

    private final String name;
    private final Map<UUID, List<Entry>> delivered = new HashMap<>();
    private final Map<UUID, Long> last = new HashMap<>();
    private final List<String> violations = new ArrayList<>();
    private long count;

    /** @param name of the stream, for what is reported */
    public Deliveries(String name) {
        this.name = name;
    }

    /** From here on the conversation's next message must be {@code seq + 1}; without it the first message delivered sets the beginning. */
    public synchronized void startAfter(UUID conversation, long seq) {
        last.putIfAbsent(conversation, seq);
    }

    /** The stream said {@code resync}: what came so far counts no more. Violations stay. */
    public synchronized void restart() {
        last.clear();
        delivered.clear();
        count = 0;
    }

    /** A message frame came. */
    public synchronized void add(UUID conversation, long seq, UUID id) {
        count++;
        Long previous = last.get(conversation);
        if (previous != null && seq != previous + 1) {
            violations.add(verdict(conversation, previous, seq, id));
        }
        if (previous == null || seq > previous) {
            last.put(conversation, seq);
        }
        delivered.computeIfAbsent(conversation, unknown -> new ArrayList<>()).add(new Entry(seq, id));
    }

    private String verdict(UUID conversation, long previous, long seq, UUID id) {
        String kind;
        if (seq > previous) {
            kind = "gap";
        } else if (delivered.getOrDefault(conversation, List.of()).stream().anyMatch(entry -> entry.seq() == seq)) {
            kind = "repeat";
        } else {
            kind = "inversion";
        }
        return kind + " in " + conversation + ": " + seq + " (" + id + ") after " + previous;
    }

    /** The conversation's last {@code seq}, or null before the first. */
    public synchronized Long last(UUID conversation) {
        return last.get(conversation);
    }

    /** Everything that came so far, by conversation in the order of arrival. */
    public synchronized Map<UUID, List<Entry>> delivered() {
        Map<UUID, List<Entry>> copy = new HashMap<>();
        delivered.forEach((conversation, entries) -> copy.put(conversation, List.copyOf(entries)));
        return copy;
    }

    /** Message frames so far. */
    public synchronized long count() {
        return count;
    }

    /** Gaps, repeats and inversions so far. */
    public synchronized List<String> violations() {
        return List.copyOf(violations);
    }

    /** Fails unless nothing was out of order. */
    public synchronized void assertNoViolation() {
        if (!violations.isEmpty()) {
            throw new AssertionError(name + ": " + report(violations));
        }
    }

    /** Fails unless exactly these rows came, each once, in this order. */
    public synchronized void assertExactly(Map<UUID, List<Entry>> committed) {
        List<String> wrong = new ArrayList<>(violations);
        committed.forEach((conversation, rows) -> compare(conversation, rows, delivered.getOrDefault(conversation, List.of()), wrong));
        delivered.keySet().stream().filter(conversation -> !committed.containsKey(conversation))
                .forEach(conversation -> wrong.add("messages of " + conversation + ", which has none"));
        if (!wrong.isEmpty()) {
            throw new AssertionError(name + ": " + report(wrong));
        }
    }

    private static void compare(UUID conversation, List<Entry> rows, List<Entry> got, List<String> wrong) {
        if (rows.equals(got)) {
            return;
        }
        List<Entry> lost = new ArrayList<>(rows);
        lost.removeAll(Collections.unmodifiableCollection(new java.util.HashSet<>(got)));
        List<Entry> foreign = new ArrayList<>(got);
        foreign.removeAll(new java.util.HashSet<>(rows));
        wrong.add("in " + conversation + " of " + rows.size() + " rows " + got.size() + " came; lost " + lost + ", not in the table " + foreign);
    }

    private static String report(List<String> wrong) {
        return wrong.size() + " violations\n  " + String.join("\n  ", wrong.subList(0, Math.min(REPORTED, wrong.size())));
    }
}
