package dev.parley.realtime;

import dev.parley.stream.Binding;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What became of a join's {@code postgres_changes}.
 *
 * @param response  to the join, JSON: the entries as they came, each with its id; null once the client has it
 * @param bindings  those that can be subscribed to, each once
 * @param problems  what the client is told of the others, by entry
 * @param forbidden those among them that the caller may not watch
 * @param positions whether the client resumes by positions
 */
record Subscriptions(String response, List<Binding> bindings, Map<String, String> problems, Set<String> forbidden, boolean positions) {

    static final Subscriptions NONE = new Subscriptions("{\"postgres_changes\":[]}", List.of(), Map.of(), Set.of(), false);

    /** What the channel still needs once the client has its response. */
    Subscriptions answered() {
        return new Subscriptions(null, bindings, problems, forbidden, positions);
    }
}
