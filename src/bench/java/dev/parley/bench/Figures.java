package dev.parley.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;

/** What the load generator says of one run. */
record Figures(ObjectNode json) {

    double perSecond() {
        return json.path("messages_per_s").asDouble();
    }

    double deliveriesPerSecond() {
        return json.path("deliveries_per_s").asDouble();
    }

    /** How fast the readers came in before the first message: from the first one's connection to when the last was subscribed. */
    double joinsPerSecond() {
        return json.path("clients").asDouble() / json.path("connect_s").asDouble();
    }

    /** From when a message was due to its delivery. */
    double deliveryMs(String percentile) {
        return json.path("delivery").path(percentile + "_ms").asDouble();
    }

    /** Processor time of the server for a message, in microseconds; that for the connections of the run included. */
    double serverMicros() {
        return json.path("server_cpu_us").asDouble() / Math.max(1, json.path("messages").asDouble());
    }

    /** The same for a reader. */
    double serverMicrosForReader() {
        return json.path("server_cpu_us").asDouble() / Math.max(1, json.path("clients").asDouble());
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
