package dev.parley.stream;

import dev.parley.feed.FeedGap.Reason;
import dev.parley.feed.Position;
import java.util.List;

/** Tables, by the bindings of one channel. */
final class ChangesSubject implements Subject {

    private final TableReader reader;
    private final ChangeEncoder encoder;
    private final List<Binding> bindings;
    private final BindingGroup[] groups;
    private final Member[] members;
    private Member positioned;

    /** @param bindings different ones */
    ChangesSubject(TableReader reader, ChangeEncoder encoder, List<Binding> bindings) {
        this.reader = reader;
        this.encoder = encoder;
        this.bindings = bindings;
        this.groups = new BindingGroup[bindings.size()];
        this.members = new Member[bindings.size()];
    }

    @Override
    public boolean isTables() {
        return true;
    }

    @Override
    public void enter(Shard shard, StreamSubscription subscription) {
        for (int i = 0; i < groups.length; i++) {
            groups[i] = shard.tables().group(encoder, bindings.get(i));
            members[i] = groups[i].add(subscription, groups.length > 1);
        }
        if (encoder.wantsPositions()) {
            positioned = shard.tables().positioned().add(subscription);
        }
    }

    @Override
    public void leave(Shard shard) {
        for (int i = 0; i < groups.length; i++) {
            groups[i].remove(members[i], groups.length > 1);
            shard.tables().left(groups[i]);
        }
        if (positioned != null) {
            shard.tables().positioned().remove(positioned);
        }
    }

    @Override
    public Replay fromNow() {
        return new FeedReplay(reader.replays(), null);
    }

    @Override
    public Replay from(Numbers had, Position position) {
        return new ChangesReplay(reader, encoder, bindings, position);
    }

    @Override
    public byte[] live(long lastSeq, Position position) {
        return encoder.live(position);
    }

    @Override
    public byte[] resync(Reason reason) {
        return encoder.resync(reason);
    }

    @Override
    public byte[] position(Position position) {
        return encoder.position(position);
    }
}
