package dev.parley.testing;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Collectors;

/** What the table says: the yardstick of every stream. */
public final class Truth {

    private Truth() {
    }

    /** All committed messages by conversation, in the order of {@code seq}. */
    public static Map<UUID, List<Deliveries.Entry>> messages(TestPostgres database) {
        return read(database, "select conversation_id, seq, id from messages order by 1, 2");
    }

    /** The same of some conversations; one without messages is absent. */
    public static Map<UUID, List<Deliveries.Entry>> messages(TestPostgres database, Collection<UUID> conversations) {
        return read(database, "select conversation_id, seq, id from messages where conversation_id = any (?) order by 1, 2",
                (Object) conversations.toArray(UUID[]::new));
    }

    private static Map<UUID, List<Deliveries.Entry>> read(TestPostgres database, String sql, Object... parameters) {
        return Sql.on(database).with(connection -> {
            Map<UUID, List<Deliveries.Entry>> rows = new TreeMap<>();
            try (PreparedStatement statement = Sql.prepare(connection, sql, parameters); ResultSet found = statement.executeQuery()) {
                while (found.next()) {
                    rows.computeIfAbsent(found.getObject(1, UUID.class), unknown -> new ArrayList<>())
                            .add(new Deliveries.Entry(found.getLong(2), found.getObject(3, UUID.class)));
                }
            }
            return rows;
        });
    }

    /** Fails unless every conversation's {@code seq} counts from 1 without a gap. */
    public static void assertNumberedWithoutGap(Map<UUID, List<Deliveries.Entry>> rows) {
        rows.forEach((conversation, entries) -> {
            for (int i = 0; i < entries.size(); i++) {
                if (entries.get(i).seq() != i + 1) {
                    throw new AssertionError(conversation + " has seq " + entries.get(i).seq() + " where " + (i + 1) + " belongs");
                }
            }
        });
    }

    /** Fails unless every acknowledged id is a row. */
    public static void assertHolds(Set<UUID> acknowledged, Map<UUID, List<Deliveries.Entry>> rows) {
        Set<UUID> there = rows.values().stream().flatMap(List::stream).map(Deliveries.Entry::id).collect(Collectors.toSet());
        List<UUID> lost = acknowledged.stream().filter(id -> !there.contains(id)).toList();
        if (!lost.isEmpty()) {
            throw new AssertionError(lost.size() + " of " + acknowledged.size() + " acknowledged messages are not in the table: " + lost);
        }
    }
}
