package dev.parley.testing;

import com.fasterxml.jackson.databind.JsonNode;

/** One message of the Supabase protocol, whatever form it had on the wire; {@code joinRef} and {@code ref} may be null. */
public record RealtimeFrame(String joinRef, String ref, String topic, String event, JsonNode payload) {

    /** Whether it answers the push of this ref. */
    boolean answers(String pushed) {
        return event.equals("phx_reply") && pushed.equals(ref);
    }
}
