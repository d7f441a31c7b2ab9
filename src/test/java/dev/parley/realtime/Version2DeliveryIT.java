package dev.parley.realtime;

import dev.parley.faults.DeliveryBehaviour;
import dev.parley.testing.Protocol;

class Version2DeliveryIT extends DeliveryBehaviour {

    Version2DeliveryIT() {
        super(Protocol.SUPABASE_2);
    }
}
