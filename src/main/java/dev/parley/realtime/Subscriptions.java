package dev.parley.realtime;

import dev.parley.stream.Binding;
import java.util.List;

/**
 * What became of a join's {@code postgres_changes}.
 *
 * @param response  to the join, JSON: the entries as they came, each with its id; null once the client has it
 * @param bindings  those that can be subscribed to, each once
 * @param problems  what the client is told of the others
 * @param positions whether the client resumes by positions
 */
record Subscriptions(String response, List<Binding> bindings, List<String> problems, boolean positions) {

    static final Subscriptions NONE = new Subscriptions("{\"postgres_changes\":[]}", List.of(), List.of(), false);

    /** What the channel still needs once the client has its response. */
    Subscriptions answered() {
        return new Subscriptions(null, bindings, problems, positions);
    }
}
