package dev.parley.broadcast;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import java.util.List;
import org.junit.jupiter.api.Test;

/** What waits to go to other replicas: urgent kinds go first, and no kind is kept back for ever. */
class OutboxTest {

    private static final int ROOM = 100;

    private final Outbox outbox = new Outbox(10, List.of("urgent"));

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

    private void add(String kind, String line) {
        Outbox.Place place = outbox.reserve(kind);
        assertNotNull(place);
        place.settle(line);
    }
}
