package dev.parley.realtime;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * A broadcast's wish to be kept.
 *
 * @param ttlSeconds how long, null for as long as broadcasts are kept
 */
record Persist(Long ttlSeconds) {

    /** @param metadata of a binary broadcast, or null; null when it does not ask */
    static Persist read(String metadata) {
        if (metadata == null) {
            return null;
        }
        JsonNode persist = RawJson.tree(metadata).path("persist");
        if (persist.isBoolean()) {
            return persist.booleanValue() ? new Persist(null) : null;
        }
        JsonNode ttl = persist.path("ttl");
        return ttl.isIntegralNumber() && ttl.canConvertToLong() && ttl.longValue() > 0 ? new Persist(ttl.longValue()) : null;
    }
}
