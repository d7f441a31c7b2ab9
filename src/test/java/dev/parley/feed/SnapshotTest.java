package dev.parley.feed;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.parley.testing.Seed;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

/** A snapshot is held against the plain set of the transaction ids that it sees. */
class SnapshotTest {

    private static final long FIRST = 3, LAST = 40;

    private static final Random RANDOM = Seed.stream(Seed.of(SnapshotTest.class), 0);

    @Test
    void theTextOfPostgresIsReadWithAndWithoutRunningTransactions() {
        assertEquals(new Snapshot(10, new long[0]), Snapshot.parse("10:10:"));
        assertEquals(new Snapshot(20, new long[] {10}), Snapshot.parse("10:20:10"));
        assertEquals(new Snapshot(5_000_000_000L, new long[] {4_999_999_990L, 4_999_999_995L}), Snapshot.parse("4999999990:5000000000:4999999990,4999999995"));
    }

    @RepeatedTest(200)
    void whatIsPutTogetherSeesWhatItsPartsSee() {
        Snapshot one = any(), other = any();
        Set<Long> both = seen(one), either = seen(one);
        both.retainAll(seen(other));
        either.addAll(seen(other));
        assertEquals(either, seen(one.union(other)), one + " or " + other);
        assertEquals(both, seen(one.intersection(other)), one + " and " + other);
        assertEquals(seen(other).containsAll(seen(one)), one.within(other), one + " within " + other);
    }

    @RepeatedTest(200)
    void aTransactionMoreABoundAndTheTextChangeNothingElse() {
        Snapshot snapshot = any();
        long xid = RANDOM.nextLong(FIRST, LAST);
        Set<Long> with = seen(snapshot), below = seen(snapshot);
        with.add(xid);
        below.removeIf(id -> id >= xid);
        assertEquals(with, seen(snapshot.with(xid)), snapshot + " with " + xid);
        assertEquals(below, seen(snapshot.clamp(xid)), snapshot + " below " + xid);
        assertEquals(snapshot, Snapshot.parse(snapshot.text()));
    }

    private Snapshot any() {
        long xmax = RANDOM.nextLong(FIRST, LAST);
        double share = RANDOM.nextDouble();
        return new Snapshot(xmax, LongStream.range(FIRST, xmax).filter(id -> RANDOM.nextDouble() < share).toArray());
    }

    private static Set<Long> seen(Snapshot snapshot) {
        return LongStream.rangeClosed(FIRST, LAST).filter(snapshot::sees).boxed().collect(Collectors.toCollection(HashSet::new));
    }
}
