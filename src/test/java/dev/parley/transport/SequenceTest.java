package dev.parley.transport;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SequenceTest {

    @Test
    void socketsWithOneOfAFewKindsOfFrameShareTheirBytesInWhateverOrderTheyAreServed() {
        Sequence turn = Sequence.empty();
        List<byte[]> kinds = IntStream.range(0, 14).mapToObj(kind -> new byte[] {(byte) kind}).toList();
        List<Sequence> first = kinds.stream().map(turn::then).toList();
        byte[] more = {99};
        List<Sequence> second = first.stream().map(sequence -> sequence.then(more)).toList();
        for (int socket = 0; socket < 100; socket++) {
            int kind = socket * 5 % kinds.size();
            assertSame(first.get(kind), turn.then(kinds.get(kind)));
            assertSame(second.get(kind), first.get(kind).then(more));
        }
    }

    @Test
    void framesComeInTheOrderOfTheirCallsBesideThoseOfOthers() {
        Sequence turn = Sequence.empty();
        byte[] a = {1, 2}, b = {3}, c = {4, 5, 6};
        Sequence mine = turn.then(a).then(c).then(b);
        turn.then(b).then(a);
        mine.make(UnpooledByteBufAllocator.DEFAULT);
        ByteBuf shared = mine.share(1);
        byte[] bytes = new byte[shared.readableBytes()];
        shared.readBytes(bytes);
        shared.release();
        mine.release();
        assertEquals(6, mine.size());
        assertArrayEquals(new byte[] {2, 4, 5, 6, 3}, bytes);
    }
}
