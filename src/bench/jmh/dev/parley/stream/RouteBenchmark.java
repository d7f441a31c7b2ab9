package dev.parley.stream;

import dev.parley.changes.Row;
import dev.parley.changes.RowFilter;
import dev.parley.feed.FeedGap.Reason;
import dev.parley.feed.Position;
import io.netty.channel.EventLoop;
import io.netty.channel.embedded.EmbeddedChannel;
import java.util.List;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** A message's way through one event loop to its one reader, past the subscriptions of others: these must not cost it anything. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class RouteBenchmark {

    /** Subscriptions besides the one that gets the message, each to a conversation of its own. */
    @Param({"100", "100000"})
    private int others;

    private final Reader reader = new Reader();
    private Shard streams;
    private Shard tables;
    private Batch chat;
    private Batch change;

    @Setup
    public void subscribe() {
        EventLoop loop = new EmbeddedChannel().eventLoop();
        Interest interest = new Interest();
        Router router = new Router(null, null, null, new StreamFigures(), null, null, null, true);
        streams = new Shard(loop, interest);
        tables = new Shard(loop, interest);
        for (int i = 0; i <= others; i++) {
            Flow.Subscriber<Frames> follower = i == 0 ? reader : new Reader();
            new StreamSubscription(router, streams, new ChatSubject(null, Made.conversation(i)), null, follower).open();
            new StreamSubscription(router, tables, new ChangesSubject(null, new Plain(), List.of(binding(i))), null, follower).open();
        }
        chat = new Batch(Made.messages(1, 1), true, new Interest());
        change = new Batch(Made.messages(1, 1), false, interest);
        change.tableChanges().forEach(each -> each.shape(Made.MESSAGES));
        requireOneFrame(this::stream);
        requireOneFrame(this::table);
    }

    @Benchmark
    public long stream() {
        streams.deliverChat(chat);
        return reader.frames;
    }

    @Benchmark
    public long table() {
        tables.deliverTables(change);
        return reader.frames;
    }

    private void requireOneFrame(Runnable delivery) {
        long before = reader.frames;
        delivery.run();
        if (reader.frames != before + 1) {
            throw new IllegalStateException("the reader should have had one frame, not " + (reader.frames - before));
        }
    }

    private static Binding binding(int number) {
        return new Binding(number, number + 1, Binding.Event.INSERT, List.of(new Binding.Target("public", "messages", new Equal(Made.conversation(number).toString()))),
                null, null, Binding.Start.NOW);
    }

    /** {@code conversation_id=eq.…} */
    private record Equal(String value) implements RowFilter {

        @Override
        public Verdict test(Row row) {
            return value.equals(row.text("conversation_id")) ? Verdict.MATCH : Verdict.NO_MATCH;
        }

        @Override
        public String indexColumn() {
            return "conversation_id";
        }

        @Override
        public List<String> indexValues() {
            return List.of(value);
        }
    }

    /** Takes everything and counts it. */
    private static final class Reader implements Flow.Subscriber<Frames> {

        private long frames;

        @Override
        public void onSubscribe(Flow.Subscription subscription) {
            subscription.request(Long.MAX_VALUE);
        }

        @Override
        public void onNext(Frames next) {
            frames += next.texts().size();
        }

        @Override
        public void onError(Throwable failure) {
            throw new IllegalStateException(failure);
        }

        @Override
        public void onComplete() {
        }
    }

    /** The row as it is: encoding is measured elsewhere. */
    private static final class Plain implements ChangeEncoder {

        private static final byte[] TEXT = {'{', '}'};

        @Override
        public Object audience() {
            return this;
        }

        @Override
        public byte[] frame(TableChange ofTable, List<Binding> bindings, Position position, boolean own) {
            return TEXT;
        }

        @Override
        public byte[] live(Position position) {
            return TEXT;
        }

        @Override
        public byte[] resync(Reason reason) {
            return TEXT;
        }

        @Override
        public boolean wantsPositions() {
            return false;
        }

        @Override
        public byte[] position(Position position) {
            return TEXT;
        }
    }
}
