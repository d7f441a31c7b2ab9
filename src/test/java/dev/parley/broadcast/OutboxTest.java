package dev.parley.broadcast;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** What waits to go to other replicas: urgent kinds go first, no kind is kept back for ever, and none but the urgent ones comes very late. */
class OutboxTest {

    private static final int ROOM = 100;

    private static final Duration PATIENCE = Duration.ofSeconds(2);

    private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - 5);
    private final AtomicInteger dropped = new AtomicInteger();
    private final Outbox outbox = new Outbox(10, List.of("urgent"), PATIENCE, dropped::incrementAndGet, now::get);

    @Test
    void urgentLinesGoBeforeThoseThatCameEarlier() {
        add("other", "first");
        add("urgent", "second");
        assertEquals("second\nfirst\n", outbox.take(ROOM));
    }

    @Test
    void aLongLineGoesThoughThereAreUrgentOnesEachTime() {
        String wide = "w".repeat(90);
        String haste = "h".repeat(40);
        add("other", wide);
        add("urgent", haste);
        assertEquals(haste + '\n', outbox.take(ROOM));
        add("other", wide);
        add("urgent", haste);
        assertEquals(wide + '\n', outbox.take(ROOM), "once it may be first");
        assertEquals(haste + '\n', outbox.take(ROOM), "and then the urgent ones have their turn again");
        assertEquals(wide + '\n', outbox.take(ROOM));
        assertEquals("", outbox.take(ROOM));
    }

    @Test
    void whatHasWaitedTooLongIsDroppedAndTheRestComes() {
        add("other", "first");
        add("other", "second");
        pass(PATIENCE);
        add("other", "third");
        pass(Duration.ofNanos(1));
        assertEquals("third\n", outbox.take(ROOM));
        assertEquals(2, dropped.get());
        assertTrue(outbox.isEmpty());
    }

    @Test
    void whatIsUrgentIsNeverDropped() {
        add("urgent", "first");
        pass(Duration.ofMinutes(1));
        assertEquals("first\n", outbox.take(ROOM));
        assertEquals(0, dropped.get());
    }

    @Test
    void theTimeThatALargeOneTakesToComeIsNotHeldAgainstItNorAgainstThoseBehindIt() {
        Outbox.Place large = outbox.reserve("other");
        Outbox.Place lost = outbox.reserve("other");
        add("other", "behind");
        pass(PATIENCE.multipliedBy(2));
        assertEquals("", outbox.take(ROOM));
        large.settle("large");
        lost.settle(null);
        pass(PATIENCE);
        assertEquals("large\nbehind\n", outbox.take(ROOM));
        assertEquals(0, dropped.get());
        add("other", "later");
        pass(PATIENCE.plusNanos(1));
        assertEquals("", outbox.take(ROOM));
        assertEquals(1, dropped.get());
    }

    private void pass(Duration time) {
        now.addAndGet(time.toNanos());
    }

    private void add(String kind, String line) {
        Outbox.Place place = outbox.reserve(kind);
        assertNotNull(place);
        place.settle(line);
    }
}
