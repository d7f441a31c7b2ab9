package dev.parley.testing;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** The checker itself: it must see what it is there to see. */
class DeliveriesTest {

    private static final UUID CONVERSATION = UUID.randomUUID();

    private final Deliveries deliveries = new Deliveries("stream");
    private final UUID[] ids = {UUID.randomUUID(), UUID.randomUUID(), UUID.randomUUID(), UUID.randomUUID()};

    @Test
    void anExactStreamPasses() {
        deliver(1, 2, 3);
        assertDoesNotThrow(() -> deliveries.assertExactly(rows(1, 2, 3)));
    }

    @Test
    void aLostMessageInTheMiddleIsNoticedAtOnce() {
        deliver(1, 3);
        assertTrue(deliveries.violations().get(0).startsWith("gap"), deliveries.violations()::toString);
    }

    @Test
    void aLostFirstMessageIsNoticed() {
        deliveries.startAfter(CONVERSATION, 0);
        deliver(2);
        assertEquals(1, deliveries.violations().size());
    }

    @Test
    void aLostLastMessageIsNoticedAgainstTheTable() {
        deliver(1, 2);
        assertThrows(AssertionError.class, () -> deliveries.assertExactly(rows(1, 2, 3)));
    }

    @Test
    void aLostConversationIsNoticed() {
        assertThrows(AssertionError.class, () -> deliveries.assertExactly(rows(1)));
    }

    @Test
    void aRepeatIsNoticed() {
        deliver(1, 2, 2);
        assertTrue(deliveries.violations().get(0).startsWith("repeat"), deliveries.violations()::toString);
        assertThrows(AssertionError.class, () -> deliveries.assertExactly(rows(1, 2)));
    }

    @Test
    void anInversionIsNoticed() {
        deliver(1, 3, 2);
        assertEquals(2, deliveries.violations().size());
        assertTrue(deliveries.violations().get(1).startsWith("inversion"), deliveries.violations()::toString);
    }

    @Test
    void aRowThatNeverCommittedIsNoticed() {
        deliver(1, 2, 3);
        assertThrows(AssertionError.class, () -> deliveries.assertExactly(rows(1, 2)));
    }

    @Test
    void anotherMessageUnderTheSameNumberIsNoticed() {
        deliveries.add(CONVERSATION, 1, UUID.randomUUID());
        assertThrows(AssertionError.class, () -> deliveries.assertExactly(rows(1)));
    }

    private void deliver(int... seqs) {
        for (int seq : seqs) {
            deliveries.add(CONVERSATION, seq, ids[seq]);
        }
    }

    private Map<UUID, List<Deliveries.Entry>> rows(int... seqs) {
        return Map.of(CONVERSATION, java.util.Arrays.stream(seqs).mapToObj(seq -> new Deliveries.Entry(seq, ids[seq])).toList());
    }
}
