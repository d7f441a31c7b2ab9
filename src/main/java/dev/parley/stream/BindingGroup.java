package dev.parley.stream;

import dev.parley.feed.Delta;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * Subscriptions of one event loop that want the same and are told of it in the same words: a change is matched and encoded once for all of them.
 */
final class BindingGroup {

    /** @param audience see {@link ChangeEncoder#audience}; {@code binding} see {@link Binding#key} */
    record Key(Object audience, Object binding) {
    }

    private final Key key;
    private final Binding binding;
    private final ChangeEncoder encoder;
    /** Those that have no other binding: what the group gets is all that they get. */
    private final Subscribers alone = new Subscribers();
    private final Subscribers others = new Subscribers();
    private List<ChangePart.Hit> hits = new ArrayList<>();
    private boolean missed;

    BindingGroup(Key key, Binding binding, ChangeEncoder encoder) {
        this.key = key;
        this.binding = binding;
        this.encoder = encoder;
    }

    Key key() {
        return key;
    }

    Binding binding() {
        return binding;
    }

    Member add(StreamSubscription subscription, boolean hasOthers) {
        return (hasOthers ? others : alone).add(subscription);
    }

    void remove(Member member, boolean hasOthers) {
        (hasOthers ? others : alone).remove(member);
    }

    boolean isEmpty() {
        return alone.isEmpty() && others.isEmpty();
    }

    void each(Consumer<StreamSubscription> action) {
        alone.each(action);
        others.each(action);
    }

    /** @return whether it is the first of this batch */
    boolean hit(TableChange change, int order) {
        boolean first = hits.isEmpty() && !missed;
        if (hits.isEmpty() || hits.get(hits.size() - 1).order() != order) {
            hits.add(new ChangePart.Hit(order, change, List.of(binding)));
        }
        return first;
    }

    /** Something came of which nobody knows whether it matches. */
    boolean miss() {
        boolean first = hits.isEmpty() && !missed;
        missed = true;
        return first;
    }

    /** Serves those that have no other binding, and hands out the others with the part. */
    void serve(Delta delta, BiConsumer<StreamSubscription, ChangePart> toOthers) {
        ChangePart part = new ChangePart(encoder, hits);
        hits = new ArrayList<>();
        if (missed) {
            missed = false;
            alone.each(subscription -> subscription.missed(delta));
            others.each(subscription -> subscription.missed(delta));
        } else {
            alone.each(subscription -> subscription.changed(delta, part));
            others.each(subscription -> toOthers.accept(subscription, part));
        }
    }
}
