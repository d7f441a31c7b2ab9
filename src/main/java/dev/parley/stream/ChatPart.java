package dev.parley.stream;

import dev.parley.feed.Snapshot;
import java.util.ArrayList;
import java.util.List;

/** What a conversation's readers, or those of the global stream, get out of one batch. Filled on the tail's event loop, read by all others. */
final class ChatPart implements Part {

    private final List<ChatChange> changes = new ArrayList<>(4);
    private long lastSeq = -1;
    private boolean ended;
    private volatile Frames frames;

    void add(ChatChange change) {
        changes.add(change);
        ended |= change.endsConversation();
        lastSeq = change.seqAfter(lastSeq);
    }

    @Override
    public int size() {
        return changes.size();
    }

    @Override
    public long seqAfter(long before) {
        return ended ? lastSeq : Math.max(before, lastSeq);
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
    public long addUnseen(Snapshot raw, Snapshot clamped, List<byte[]> texts, long before) {
        long seq = before;
        for (ChatChange change : changes) {
            if (!raw.sees(change.change().xid())) {
                texts.add(change.frame(change.change().after().with(clamped)));
                seq = change.seqAfter(seq);
            }
        }
        return seq;
    }
}
