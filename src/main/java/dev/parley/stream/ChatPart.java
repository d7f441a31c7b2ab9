package dev.parley.stream;

import dev.parley.feed.Snapshot;
import java.util.ArrayList;
import java.util.List;

/** What a conversation's readers, or those of the global stream, get out of one batch. Filled on the tail's event loop, read by all others. */
final class ChatPart implements Part {

    private final List<ChatChange> changes = new ArrayList<>(4);
    private long lastSeq = -1;
    private volatile Frames frames;

    void add(ChatChange change) {
        changes.add(change);
        if (change.kind() == ChatChange.Kind.MESSAGE) {
            lastSeq = change.seq();
        }
    }

    @Override
    public int size() {
        return changes.size();
    }

    @Override
    public long lastSeq() {
        return lastSeq;
    }

    @Override
    public Frames frames() {
        Frames made = frames;
        if (made == null) {
            synchronized (this) {
                made = frames;
                if (made == null) {
                    frames = made = new Frames(changes.stream().map(ChatChange::frame).toList());
                }
            }
        }
        return made;
    }

    @Override
    public long addUnseen(Snapshot raw, Snapshot clamped, List<byte[]> texts) {
        long seq = -1;
        for (ChatChange change : changes) {
            if (!raw.sees(change.change().xid())) {
                texts.add(change.frame(change.change().after().with(clamped)));
                seq = change.kind() == ChatChange.Kind.MESSAGE ? change.seq() : seq;
            }
        }
        return seq;
    }
}
