package dev.parley.feed;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;

class SilencePolicyTest {

    private static final int SECOND = 4;

    private final SilencePolicy policy = new SilencePolicy(0);
    private long now;

    @Test
    void aQueueOfASecondIsReasonToFallSilent() {
        assertEquals(SECOND, ticksUntil(() -> policy.isQueue(2)));
    }

    @Test
    void aQueueThatDissolvesIsNone() {
        for (int i = 0; i < 100; i++) {
            assertFalse(policy.isQueue(i % SECOND == 0 ? 1 : 60));
        }
    }

    @Test
    void aQueueIsFollowedThoughNobodyGetsThrough() {
        assertFalse(policy.wonders(false));
        assertTrue(policy.wonders(true));
        policy.isQueue(60);
        assertTrue(policy.wonders(false));
    }

    @Test
    void itRingsAgainAfterTenCalmSeconds() {
        turn(true, 100);
        assertEquals(10 * SECOND, ticksUntil(() -> policy.isCalm(12, 4)));
    }

    @Test
    void whatIsFoundOftenIsNoCalmAndTriedAfterAMinute() {
        turn(true, 100);
        assertEquals(60 * SECOND, ticksUntil(() -> policy.isCalm(12, 5)));
    }

    @Test
    void aTailThatLooksSeldomOrNotAtAllShowsNoCalm() {
        turn(true, 100);
        for (int i = 0; i < 30 * SECOND; i++) {
            assertFalse(policy.isCalm(i % 2, i % 2));
        }
    }

    @Test
    void silenceThatHasToComeBackSoonLastsLongerEachTimeUpToAnEnd() {
        turn(true, 100);
        for (int times : new int[] {1, 2, 4, 8, 16, 16, 16}) {
            assertEquals(times * 10 * SECOND, ticksUntil(() -> policy.isCalm(12, 0)));
            turn(false, 10);
            turn(true, 62);
        }
        turn(false, 10);
        turn(true, 80);
        assertEquals(10 * SECOND, ticksUntil(() -> policy.isCalm(12, 0)));
    }

    @Test
    void whatCouldNotBeDoneIsNotTriedAtTheNextTick() {
        ticksUntil(() -> policy.isQueue(2));
        policy.beginAnew();
        assertFalse(policy.wonders(false));
        assertEquals(SECOND, ticksUntil(() -> policy.isQueue(2)));
    }

    private void turn(boolean silent, int afterSeconds) {
        now += TimeUnit.SECONDS.toNanos(afterSeconds);
        policy.turned(silent, now);
    }

    private static int ticksUntil(BooleanSupplier decision) {
        int ticks = 1;
        while (!decision.getAsBoolean()) {
            ticks++;
        }
        return ticks;
    }
}
