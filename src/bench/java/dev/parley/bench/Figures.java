package dev.parley.bench;

import com.fasterxml.jackson.databind.JsonNode;

/** What the load generator says of one run. */
record Figures(JsonNode json) {

    double perSecond() {
        return json.path("messages_per_s").asDouble();
    }

    double deliveriesPerSecond() {
        return json.path("deliveries_per_s").asDouble();
    }

    /** From when a message was due to its delivery. */
    double deliveryMs(String percentile) {
        return json.path("delivery").path(percentile + "_ms").asDouble();
    }

    long lost() {
        return json.path("lost").asLong() + json.path("unanswered").asLong();
    }

    long doubled() {
        return json.path("duplicates").asLong();
    }

    long disordered() {
        return json.path("disorder").asLong();
    }
}
