package dev.parley.stream;

import dev.parley.changes.Column;
import dev.parley.changes.Table;
import dev.parley.feed.Change;
import dev.parley.feed.Change.Operation;
import dev.parley.feed.Delta;
import dev.parley.feed.Landmark;
import dev.parley.feed.Position;
import dev.parley.feed.Snapshot;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;

/** Changes as the tail would have read them. */
public final class Made {

    public static final Table MESSAGES = new Table("public", "messages", List.of(column("id", "uuid"), column("conversation_id", "uuid"), column("seq", "int8"),
            column("sender_id", "text"), column("sender_role", "text"), column("content", "text"), column("created_at", "timestamptz"), column("metadata", "jsonb")),
            List.of("id"), List.of("id"), false);

    private static final OffsetDateTime AT = OffsetDateTime.parse("2026-11-22T10:00:00.123456Z");
    private static final Landmark LANDMARK = new Landmark(1, 999, AT);
    private static final Position POSITION = new Position(7, 1, new Snapshot(1_000, new long[0]), LANDMARK);

    private Made() {
    }

    public static UUID conversation(int number) {
        return new UUID(0x0192f5a011117aaaL, 0x8000_0000_0000_0000L | number);
    }

    /** An inserted message. */
    public static Change message(int number, UUID conversation) {
        String record = "{\"id\":\"" + new UUID(0x0192f5a07c1e7d43L, 0x9000_0000_0000_0000L | number) + "\",\"conversation_id\":\"" + conversation + "\",\"seq\":" + number
                + ",\"sender_id\":\"ada\",\"sender_role\":\"customer\",\"content\":\"Where is my order? It should have been here \\\"yesterday\\\".\","
                + "\"created_at\":\"2026-11-22T10:00:00.123456+00:00\",\"metadata\":{}}";
        return new Change(number, 1_000 + number, "public", "messages", Operation.INSERT, record, null, false, AT, POSITION.inside(new Snapshot(2_000, new long[0]), number, LANDMARK));
    }

    /** A page with so many messages, the first of which go to different conversations. */
    public static Delta messages(int number, int conversations) {
        List<Change> changes = IntStream.range(0, number).mapToObj(i -> message(i + 1, conversation(i % conversations))).toList();
        Snapshot upto = new Snapshot(2_000, new long[0]);
        return new Delta(POSITION, changes, true, upto, POSITION.at(upto));
    }

    /** The change as those get it who subscribe to the table. */
    public static TableChange ofTable(Change change) {
        TableChange made = new TableChange(change);
        made.shape(MESSAGES);
        return made;
    }

    private static Column column(String name, String type) {
        return new Column(name, type, "pg_catalog." + type);
    }
}
