package dev.parley.realtime;

import dev.parley.broadcast.Broadcast;
import dev.parley.changes.RowFilter;
import dev.parley.feed.Change;
import dev.parley.stream.Binding;
import dev.parley.stream.Made;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Supabase's protocol: reading what a client says, and making the frame that all receivers share. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class ProtocolBenchmark {

    private static final String TOPIC = "realtime:bench";
    private static final byte[] PAYLOAD = "{\"text\":\"a payload of about as many bytes as somebody who types or moves a cursor says\"}".getBytes(StandardCharsets.UTF_8);
    private static final Binding ALL = new Binding("all", 1_000, Binding.Event.ALL, List.of(new Binding.Target("public", "messages", RowFilter.ALL)), null, null,
            Binding.Start.NOW);

    private final byte[] push = push();
    private final String text2 = "[\"1\",\"7\",\"realtime:bench\",\"broadcast\",{\"type\":\"broadcast\",\"event\":\"m\",\"payload\":" + payload() + "}]";
    private final String text1 = "{\"topic\":\"realtime:bench\",\"event\":\"broadcast\",\"payload\":{\"type\":\"broadcast\",\"event\":\"m\",\"payload\":" + payload()
            + "},\"ref\":\"7\",\"join_ref\":\"1\"}";
    private final Change change = Made.message(1, Made.conversation(1));
    private final ChangeFrames frames = new ChangeFrames(new ChannelFrames(Vsn.V2, TOPIC, "\"1\""), false, 1_000_000);

    @Benchmark
    public BroadcastPush readBinary() {
        return BroadcastPush.read(push);
    }

    @Benchmark
    public Envelope readVersion2() {
        return Vsn.V2.read(text2);
    }

    @Benchmark
    public Envelope readVersion1() {
        return Vsn.V1.read(text1);
    }

    @Benchmark
    public byte[] encodeBroadcast() {
        return BroadcastFrames.of(Broadcast.of("m", PAYLOAD, true, null), Vsn.V2, TOPIC);
    }

    /** The row taken apart, the table's columns described, the frame around it. */
    @Benchmark
    public byte[] encodeChange() {
        return frames.frame(Made.ofTable(change), List.of(ALL), change.after(), false);
    }

    private static String payload() {
        return new String(PAYLOAD, StandardCharsets.UTF_8);
    }

    private static byte[] push() {
        byte[] head = "\u0003\u0001\u0001\u000e\u0001\u0000\u000117realtime:benchm".getBytes(StandardCharsets.ISO_8859_1);
        byte[] frame = new byte[head.length + PAYLOAD.length];
        System.arraycopy(head, 0, frame, 0, head.length);
        System.arraycopy(PAYLOAD, 0, frame, head.length, PAYLOAD.length);
        if (BroadcastPush.read(frame) == null) {
            throw new IllegalStateException("no push");
        }
        return frame;
    }
}
