package dev.parley.stream;

import dev.parley.changes.Projection;
import dev.parley.changes.RowFilter;
import dev.parley.feed.Change.Operation;
import dev.parley.feed.LogSelection.Table;
import dev.parley.feed.Position;
import java.util.List;
import java.util.UUID;

/**
 * One thing that a subscription to tables wants to hear of.
 *
 * @param key          equal for bindings that get the same and call it the same
 * @param id           by which the reader knows it
 * @param event        what must have happened
 * @param targets      where: one table, or one for each table that it was spelled out for
 * @param projection   the columns that are shown, null for all
 * @param positionName the member under which the position is put into the row, null for none
 * @param start        from where on
 */
public record Binding(Object key, long id, Event event, List<Target> targets, Projection projection, String positionName, Start start) {

    /** What a target's schema or table is called when it is any. */
    public static final String ANY = "*";

    /** Which operations. */
    public enum Event {
        INSERT, UPDATE, DELETE, ALL;

        boolean includes(Operation operation) {
            return this == ALL || name().equals(operation.name());
        }
    }

    /** A table, or all of a schema, or all of a name, or all; and the rows of it. */
    public record Target(String schema, String table, RowFilter filter) {

        private static final Table EVERYTHING = new Table(ANY, ANY);

        /** Whether it takes in that table. */
        public boolean covers(String otherSchema, String otherTable) {
            return (schema.equals(ANY) ? isPublic(otherSchema) : schema.equals(otherSchema)) && (table.equals(ANY) || table.equals(otherTable));
        }

        /** What targets that take in a table call it: by its name, all of its schema, its name in any schema, everything. */
        static List<Table> namesOf(Table table) {
            Table schema = new Table(table.schema(), ANY);
            return isPublic(table.schema()) ? List.of(table, schema, new Table(ANY, table.name()), EVERYTHING) : List.of(table, schema);
        }

        /** Whether the name stands for more than one table. */
        static boolean isOfMany(Table table) {
            return table.schema().equals(ANY) || table.name().equals(ANY);
        }

        /** Whether a schema is among any: what is stored for channels is not, of which policies decide who may read it. */
        private static boolean isPublic(String schema) {
            return !schema.equals("realtime") && !schema.equals("parley");
        }
    }

    /** From where on. */
    public sealed interface Start {

        Start NOW = new Now();

        /** With what commits from now on. */
        record Now() implements Start {
        }

        /** After a message of a conversation: the table of messages has the rest. */
        record AfterMessage(UUID conversation, long seq) implements Start {
        }

        /** After a point of the feed. */
        record AfterPosition(Position position) implements Start {
        }
    }

    /** The same from another point on. */
    public Binding startingAt(Start other) {
        return new Binding(key, id, event, targets, projection, positionName, other);
    }

    /** The filter for a table's rows, or null when the binding has nothing to do with it. */
    RowFilter filterFor(String schema, String table) {
        for (Target target : targets) {
            if (target.covers(schema, table)) {
                return target.filter();
            }
        }
        return null;
    }
}
