package dev.parley.faults;

import dev.parley.testing.Protocol;

class PlainDeliveryIT extends DeliveryBehaviour {

    PlainDeliveryIT() {
        super(Protocol.PLAIN);
    }
}
