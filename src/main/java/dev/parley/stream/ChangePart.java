package dev.parley.stream;

import dev.parley.changes.Projection;
import dev.parley.feed.Position;
import dev.parley.feed.Snapshot;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** The changes of tables that one subscription, or all of a {@link BindingGroup}, gets out of one batch. On the shard's event loop only. */
final class ChangePart implements Part {

    /**
     * @param order    the change's place in the batch
     * @param bindings those that it is for
     */
    record Hit(int order, TableChange change, List<Binding> bindings) {
    }

    private record Form(Projection projection, String positionName) {

        // written out: looked up for each change and binding, and in a native executable a record's own may be a thousand times slower
        @Override
        public boolean equals(Object other) {
            return other instanceof Form form && Objects.equals(form.projection, projection) && Objects.equals(form.positionName, positionName);
        }

        @Override
        public int hashCode() {
            return 31 * Objects.hashCode(projection) + Objects.hashCode(positionName);
        }
    }

    private final ChangeEncoder encoder;
    private final List<Hit> hits;
    private Frames frames;

    ChangePart(ChangeEncoder encoder, List<Hit> hits) {
        this.encoder = encoder;
        this.hits = hits;
    }

    /** What one subscription gets by several of its bindings: each change once, in order. */
    static ChangePart merged(List<ChangePart> parts) {
        Map<Integer, Hit> merged = new LinkedHashMap<>();
        for (ChangePart part : parts) {
            for (Hit hit : part.hits) {
                merged.merge(hit.order(), hit, (one, other) -> {
                    List<Binding> both = new ArrayList<>(one.bindings());
                    both.addAll(other.bindings());
                    return new Hit(one.order(), one.change(), both);
                });
            }
        }
        List<Hit> hits = new ArrayList<>(merged.values());
        hits.sort(Comparator.comparingInt(Hit::order));
        return new ChangePart(parts.get(0).encoder, hits);
    }

    @Override
    public int size() {
        return hits.size();
    }

    @Override
    public void count(Numbers had) {
        // of tables only positions tell how far a reader is
    }

    @Override
    public Frames frames() {
        if (frames == null) {
            List<byte[]> texts = new ArrayList<>(hits.size());
            for (Hit hit : hits) {
                encode(encoder, hit, hit.change().change().after(), false, texts);
            }
            frames = new Frames(texts);
        }
        return frames;
    }

    @Override
    public void addUnseen(Snapshot raw, Snapshot clamped, List<byte[]> texts, Numbers had) {
        for (Hit hit : hits) {
            if (!raw.sees(hit.change().change().xid())) {
                encode(encoder, hit, hit.change().change().after().with(clamped), false, texts);
            }
        }
    }

    /** One frame for each form in which the reader wants to see the row: in nearly all cases one. */
    static void encode(ChangeEncoder encoder, Hit hit, Position position, boolean own, List<byte[]> texts) {
        List<Binding> bindings = hit.bindings();
        if (bindings.size() == 1) {
            texts.add(encoder.frame(hit.change(), bindings, position, own));
            return;
        }
        Map<Form, List<Binding>> forms = new LinkedHashMap<>();
        for (Binding binding : bindings) {
            forms.computeIfAbsent(new Form(binding.projection(), binding.positionName()), form -> new ArrayList<>()).add(binding);
        }
        forms.values().forEach(alike -> texts.add(encoder.frame(hit.change(), alike, position, own)));
    }
}
