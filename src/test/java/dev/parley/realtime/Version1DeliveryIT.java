package dev.parley.realtime;

import dev.parley.faults.DeliveryBehaviour;
import dev.parley.testing.Protocol;

class Version1DeliveryIT extends DeliveryBehaviour {

    Version1DeliveryIT() {
        super(Protocol.SUPABASE_1);
    }
}
