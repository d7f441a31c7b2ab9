package dev.parley.stream;

import dev.parley.feed.Delta;
import dev.parley.transport.WebSocketBytes;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.Blackhole;

/** What a message costs between the tail and the first of its readers: sorted by conversation, made into a frame. A page holds 100 of as many conversations. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class EncodeBenchmark {

    private static final int MESSAGES = 100;

    private final Delta page = Made.messages(MESSAGES, MESSAGES);
    private final Interest nobody = new Interest();

    @Benchmark
    @OperationsPerInvocation(MESSAGES)
    public Batch sort() {
        return new Batch(page, true, nobody);
    }

    @Benchmark
    @OperationsPerInvocation(MESSAGES)
    public void sortAndEncode(Blackhole sink) {
        new Batch(page, true, nobody).conversations().values().forEach(part -> sink.consume((Object) part.frames().encoded(WebSocketBytes::encode)));
    }
}
