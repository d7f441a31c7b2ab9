package dev.parley.realtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class EarlyPushesTest {

    private final AtomicLong storing = new AtomicLong();
    private final EarlyPushes early = new EarlyPushes(storing::addAndGet);

    @Test
    void smallOnesHaveABoundInNumber() {
        int taken = 0;
        while (early.take(0, () -> { })) {
            taken++;
        }
        assertEquals(1_000, taken);
        early.run();
        assertEquals(0, storing.get());
    }

    @Test
    void largeOnesHaveABoundInBytes() {
        assertTrue(early.take(5_000_000, () -> { }), "one is never too large");
        assertFalse(early.take(0, () -> { }));
        assertTrue(storing.get() >= 5_000_000);
    }

    @Test
    void whatComesWhileTheyAreDoneIsDoneLast() {
        List<Integer> done = new ArrayList<>();
        early.take(0, () -> {
            done.add(0);
            early.take(0, () -> done.add(3));
        });
        IntStream.of(1, 2).forEach(n -> early.take(0, () -> done.add(n)));
        early.run();
        assertEquals(List.of(0, 1, 2, 3), done);
        assertEquals(0, storing.get());
    }
}
