package dev.parley.stream;

import dev.parley.changes.Row;
import dev.parley.changes.Table;
import dev.parley.feed.Change;
import dev.parley.feed.Change.Operation;
import dev.parley.feed.LogSelection;
import dev.parley.feed.Position;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/**
 * A change of a watched table on its way to those who subscribed to it: parsed once, and with room for what is made of it once for all of them.
 * Any thread, once it has its shape.
 */
public final class TableChange {

    /** What is told of a deleted row of which nobody knows what may be told. */
    private static final Row NOTHING = Row.parse("{}");

    private static final long NONE = -1;

    private final Change change;
    private final long seq;
    private final LogSelection.Table name;
    private final Row row;
    private final Map<Object, byte[]> made = new ConcurrentHashMap<>(4);
    private Table table;
    private boolean fits;
    private Row old;
    private Row tested;

    TableChange(Change change) {
        this(change, NONE);
    }

    private TableChange(Change change, long seq) {
        this.change = change;
        this.seq = seq;
        this.name = new LogSelection.Table(change.schema(), change.table());
        this.row = Row.parse(change.row());
    }

    LogSelection.Table name() {
        return name;
    }

    /** A message that was read from its table, in the order of {@code seq}: the feed has no position between it and the next one. */
    static TableChange message(Change change, long seq) {
        return new TableChange(change, seq);
    }

    /** Gives it its shape; null when the table is not known (any more). */
    void shape(Table shape) {
        table = shape;
        fits = shape != null && (change.cut() ? shape.has(row.names()) : shape.fits(row.names()));
        switch (change.operation()) {
            case DELETE -> {
                tested = shape == null ? NOTHING : Row.parse(row.only(shape.identity()));
                // with row security no more is told of a row that nobody may be asked about any more; filters look at it all the same, as upstream's do
                old = shape != null && shape.rowSecurity() ? Row.parse(row.only(shape.key())) : tested;
            }
            case UPDATE -> {
                old = change.oldRecord() != null ? Row.parse(change.oldRecord()) : shape == null ? null : Row.parse(row.only(shape.key()));
                tested = row;
            }
            default -> tested = row;
        }
    }

    public Change change() {
        return change;
    }

    /**
     * From where a reader goes on that has had everything up to this.
     *
     * @param position of such a reader in the feed
     * @return the position, or a message's seq: where the table is read, a position would say that the messages behind this one have come too
     */
    public Object resumeAfter(Position position) {
        return seq == NONE ? position : Long.valueOf(seq);
    }

    /** The table's shape, null when the table is not known any more. */
    public Table table() {
        return table;
    }

    /** Whether the row as it was logged goes with the shape; false when there is none. */
    public boolean fits() {
        return fits;
    }

    /** The columns of the row as it was logged, in its order. */
    List<String> columns() {
        return row.names();
    }

    /** The row as it is now; null for a deleted one. */
    public Row record() {
        return change.operation() == Operation.DELETE ? null : row;
    }

    /** What the table's replica identity tells of the row as it was; null for an inserted one, and for an updated one of which nobody knows. */
    public Row old() {
        return old;
    }

    /** The row that filters look at. */
    Row tested() {
        return tested;
    }

    /** Something made of this change, once for each key. */
    public byte[] once(Object key, Supplier<byte[]> maker) {
        byte[] known = made.get(key);
        if (known == null) {
            made.put(key, known = maker.get());
        }
        return known;
    }
}
