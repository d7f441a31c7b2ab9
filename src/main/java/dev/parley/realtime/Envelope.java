package dev.parley.realtime;

/**
 * One frame's five fields.
 *
 * @param joinRef JSON as it came ({@code "6"} with its quotes), or null
 * @param ref     the same
 * @param payload JSON as it came, {@code {}} when there is none
 */
record Envelope(String joinRef, String ref, String topic, String event, String payload) {
}
