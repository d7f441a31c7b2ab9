package dev.parley.realtime;

import com.fasterxml.jackson.databind.JsonNode;

/** A broadcast's wish to be kept. For how long is read and not looked at: it is kept as long as all others. */
final class Persist {

    private Persist() {
    }

    /** @param metadata of a binary broadcast, or null */
    static boolean isAskedBy(String metadata) {
        if (metadata == null) {
            return false;
        }
        JsonNode persist = RawJson.tree(metadata).path("persist");
        if (persist.isBoolean()) {
            return persist.booleanValue();
        }
        JsonNode ttl = persist.path("ttl");
        return ttl.isIntegralNumber() && ttl.canConvertToLong() && ttl.longValue() > 0;
    }
}
