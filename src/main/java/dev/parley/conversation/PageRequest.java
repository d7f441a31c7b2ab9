package dev.parley.conversation;

import io.vertx.core.http.HttpServerRequest;

/** How much of a list is asked for. */
final class PageRequest {

    static final int DEFAULT_LIMIT = 50;
    static final int MAX_LIMIT = 200;

    private PageRequest() {
    }

    /**
     * A parameter as it was given, null only when it was not: REST makes null of an empty value too. Where somebody's variable was empty, everybody's conversations, or the newest
     * page instead of the next, are not what was asked for.
     */
    static String given(String name, String value, HttpServerRequest request) {
        return value == null && request.query() != null && request.params().contains(name) ? "" : value;
    }

    /** Reads the parameter {@code limit}; null means the default. */
    static int limit(String text) {
        return text == null ? DEFAULT_LIMIT : (int) number("limit", text, 1, MAX_LIMIT);
    }

    /** Reads a parameter that is a {@code seq}. */
    static long seq(String name, String text) {
        return number(name, text, 0, Long.MAX_VALUE);
    }

    private static long number(String name, String text, long min, long max) {
        // Long.parseLong also takes a sign and the digits of other scripts
        if (!text.isEmpty() && text.length() <= 19 && text.chars().allMatch(c -> c >= '0' && c <= '9')) {
            try {
                long value = Long.parseLong(text);
                if (value >= min && value <= max) {
                    return value;
                }
            } catch (NumberFormatException e) {
                // 19 digits beyond 2^63-1: refused below
            }
        }
        throw new ParleyException(ErrorCode.INVALID_REQUEST, max == Long.MAX_VALUE
                ? name + " must be a whole number from " + min
                : name + " must be a whole number from " + min + " to " + max);
    }
}
