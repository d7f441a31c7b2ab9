package dev.parley.conversation;

import java.util.List;

/**
 * A page of a list as it is answered.
 *
 * @param items the rows as JSON texts, in the order of the list
 * @param next  where the next page begins, or null when this is the last one
 */
record Page(List<String> items, String next) {

    /** No further row fits into a page that has so many bytes (SQL): other programs may insert rows of megabytes. */
    static final String ENOUGH = "4194304";

    /** The answer's body. */
    String json() {
        StringBuilder json = new StringBuilder("{\"items\":[");
        for (int i = 0; i < items.size(); i++) {
            json.append(i == 0 ? "" : ",").append(items.get(i));
        }
        json.append("],\"next\":");
        // cursors are digits or base64url: nothing in them needs escaping
        return (next == null ? json.append("null") : json.append('"').append(next).append('"')).append('}').toString();
    }
}
