package dev.parley.stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.parley.changes.Column;
import dev.parley.changes.Row;
import dev.parley.changes.RowFilter;
import dev.parley.changes.Table;
import dev.parley.feed.Change;
import dev.parley.feed.Change.Operation;
import dev.parley.feed.Delta;
import dev.parley.feed.FeedGap.Reason;
import dev.parley.feed.Landmark;
import dev.parley.feed.Position;
import dev.parley.feed.Snapshot;
import io.netty.channel.embedded.EmbeddedChannel;
import java.nio.charset.StandardCharsets;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Flow;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Who gets a change is found by the values that filters name. */
class TableIndexTest {

    private static final OffsetDateTime AT = OffsetDateTime.parse("2026-11-22T10:00:00Z");
    private static final Landmark LANDMARK = new Landmark(1, 999, AT);
    private static final Position POSITION = new Position(7, 1, new Snapshot(1_000, new long[0]), LANDMARK);
    private static final Snapshot UPTO = new Snapshot(2_000, new long[0]);
    private static final Table TASKS = new Table("public", "tasks", List.of(new Column("id", "int4", "pg_catalog.int4"),
            new Column("state", "text", "pg_catalog.text")), List.of("id"), List.of("id"), false);

    private final Interest interest = new Interest();
    private final Router router = new Router(null, null, null, new StreamFigures(), null, null, null, true);
    private final Shard shard = new Shard(new EmbeddedChannel().eventLoop(), interest);
    private int tests;

    @Test
    void aListIsFoundByEachOfItsValuesAndOncePerChange() {
        Reader reader = subscribe(new In("state", "open", "waiting"));
        deliver(change(Operation.INSERT, 1, "open"), change(Operation.UPDATE, 1, "waiting"), change(Operation.UPDATE, 1, "done"), change(Operation.INSERT, 2, "open"));
        assertEquals(List.of("1 open", "1 waiting", "2 open"), reader.had);
    }

    @Test
    void aListCostsNothingForOtherValues() {
        IntStream.range(0, 100).forEach(i -> subscribe(new In("state", "a" + i, "b" + i)));
        deliver(change(Operation.INSERT, 1, "other"), change(Operation.INSERT, 2, null));
        assertEquals(0, tests);
        deliver(change(Operation.INSERT, 3, "b7"));
        assertEquals(1, tests);
    }

    @Test
    void aDeletedRowIsFoundByWhatIsLeftOfIt() {
        Reader byState = subscribe(new In("state", "open", "done"));
        Reader byId = subscribe(new In("id", "1", "2"));
        deliver(change(Operation.DELETE, 1, "open"), change(Operation.DELETE, 3, "open"));
        assertEquals(List.of(), byState.had);
        assertEquals(List.of("1 null"), byId.had);
    }

    @Test
    void severalListsThatShareAValueEachGetTheChange() {
        Reader one = subscribe(new In("state", "open", "waiting"));
        Reader other = subscribe(new In("state", "done", "open"));
        Reader single = subscribe(new In("state", "open"));
        deliver(change(Operation.INSERT, 1, "open"), change(Operation.INSERT, 2, "done"));
        assertEquals(List.of("1 open"), one.had);
        assertEquals(List.of("1 open", "2 done"), other.had);
        assertEquals(List.of("1 open"), single.had);
    }

    @Test
    void whoLeavesIsForgottenUnderAllValues() {
        Reader leaving = subscribe(new In("state", "open", "waiting"));
        Reader staying = subscribe(new In("state", "waiting", "done"));
        leaving.subscription.cancel();
        deliver(change(Operation.INSERT, 1, "open"));
        assertEquals(0, tests);
        deliver(change(Operation.INSERT, 2, "waiting"));
        assertEquals(List.of(), leaving.had);
        assertEquals(List.of("2 waiting"), staying.had);
        assertFalse(shard.tables().isEmpty());
        staying.subscription.cancel();
        assertTrue(shard.tables().isEmpty());
        assertFalse(interest.in("public", "tasks"));
    }

    private Reader subscribe(RowFilter filter) {
        Binding binding = new Binding(filter, 1, Binding.Event.ALL, List.of(new Binding.Target("public", "tasks", filter)), null, null, Binding.Start.NOW);
        Reader reader = new Reader();
        new StreamSubscription(router, shard, new ChangesSubject(null, new Told(), List.of(binding)), null, reader).open();
        return reader;
    }

    private void deliver(Change... changes) {
        Batch batch = new Batch(new Delta(POSITION, List.of(changes), true, UPTO, POSITION.at(UPTO)), false, interest);
        batch.tableChanges().forEach(each -> each.shape(TASKS));
        shard.deliverTables(batch);
    }

    private static Change change(Operation operation, int id, String state) {
        String row = "{\"id\":" + id + ",\"state\":" + (state == null ? "null" : '"' + state + '"') + "}";
        return new Change(id, 1_000 + id, "public", "tasks", operation, operation == Operation.DELETE ? null : row, operation == Operation.DELETE ? row : null, false, AT,
                POSITION.inside(UPTO, id, LANDMARK));
    }

    /** {@code column=in.(…)}, counting how often it is applied. */
    private final class In implements RowFilter {

        private final String column;
        private final List<String> values;

        In(String column, String... values) {
            this.column = column;
            this.values = Arrays.asList(values);
        }

        @Override
        public Verdict test(Row row) {
            tests++;
            return values.contains(row.text(column)) ? Verdict.MATCH : Verdict.NO_MATCH;
        }

        @Override
        public String indexColumn() {
            return column;
        }

        @Override
        public List<String> indexValues() {
            return values;
        }
    }

    private static final class Reader implements Flow.Subscriber<Frames> {

        private final List<String> had = new ArrayList<>();
        private Flow.Subscription subscription;

        @Override
        public void onSubscribe(Flow.Subscription made) {
            subscription = made;
            made.request(Long.MAX_VALUE);
        }

        @Override
        public void onNext(Frames next) {
            next.texts().forEach(text -> had.add(new String(text, StandardCharsets.UTF_8)));
        }

        @Override
        public void onError(Throwable failure) {
            throw new IllegalStateException(failure);
        }

        @Override
        public void onComplete() {
        }
    }

    /** Says a change as its id and state. */
    private static final class Told implements ChangeEncoder {

        @Override
        public Object audience() {
            return this;
        }

        @Override
        public byte[] frame(TableChange change, List<Binding> bindings, Position position, boolean own) {
            return (change.tested().text("id") + " " + change.tested().text("state")).getBytes(StandardCharsets.UTF_8);
        }

        @Override
        public byte[] live(Position position) {
            return null;
        }

        @Override
        public byte[] resync(Reason reason) {
            throw new IllegalStateException("the reader should have had all: " + reason);
        }

        @Override
        public boolean wantsPositions() {
            return false;
        }

        @Override
        public byte[] position(Position position) {
            return null;
        }
    }
}
