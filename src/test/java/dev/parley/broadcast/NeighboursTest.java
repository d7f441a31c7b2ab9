package dev.parley.broadcast;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class NeighboursTest {

    private final Neighbours neighbours = new Neighbours("self", Duration.ZERO);

    @Test
    void aReplicaIsNotItsOwnNeighbour() {
        assertFalse(neighbours.heard("hello self"));
        assertFalse(neighbours.heard("here self"));
        neighbours.alive("self");
        assertFalse(neighbours.mayBeThere());
    }

    @Test
    void whatIsStillOnItsWayAfterAByeMakesNoNeighbour() {
        neighbours.heard("here other");
        assertTrue(neighbours.mayBeThere());
        neighbours.heard("bye other");
        neighbours.alive("other");
        assertFalse(neighbours.mayBeThere());
    }
}
