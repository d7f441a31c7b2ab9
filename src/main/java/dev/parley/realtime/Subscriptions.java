package dev.parley.realtime;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.parley.stream.Binding;
import java.util.List;

/**
 * What became of a join's {@code postgres_changes}.
 *
 * @param echo      the entries as they came, each with its id
 * @param bindings  those that can be subscribed to, each once
 * @param problems  what the client is told of the others
 * @param positions whether the client resumes by positions
 */
record Subscriptions(List<ObjectNode> echo, List<Binding> bindings, List<String> problems, boolean positions) {

    static final Subscriptions NONE = new Subscriptions(List.of(), List.of(), List.of(), false);

    /** The response to the join. */
    String response() {
        return "{\"postgres_changes\":" + echo + "}";
    }
}
