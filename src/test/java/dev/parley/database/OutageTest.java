package dev.parley.database;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class OutageTest {

    private final List<String> said = new ArrayList<>();
    private final AtomicLong clock = new AtomicLong(-5);
    private final Outage outage = new Outage(said::add, clock::get);

    @Test
    void aLongOutageIsSaidAtOnceAndThenEveryThirtySeconds() {
        for (int second = 0; second < 61; second++) {
            outage.goesOn("away");
            clock.addAndGet(Duration.ofSeconds(1).toNanos());
        }
        assertEquals(3, said.size(), () -> "lines in a minute: " + said);
    }

    @Test
    void whatComesBackIsSaidAtOnceAndTheEndOfWhatWasSaidIsNoticedOnce() {
        assertFalse(outage.ends(), "nothing had begun");
        outage.goesOn("away");
        assertTrue(outage.ends());
        assertFalse(outage.ends(), "it had ended");
        outage.goesOn("away");
        assertEquals(2, said.size(), said::toString);
    }

    @Test
    void anotherReasonIsSaidAtOnce() {
        outage.goesOn("away");
        outage.goesOn("refuses the login");
        outage.goesOn("refuses the login");
        assertEquals(List.of("away. Trying again", "refuses the login. Trying again"), said);
    }
}
