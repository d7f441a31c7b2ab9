package dev.parley.stream;

import dev.parley.feed.Snapshot;
import dev.parley.stream.ChatChange.Kind;
import java.util.ArrayList;
import java.util.List;

/** What a conversation's readers, or those of the global stream, get out of one batch. Filled on the tail's event loop, read by all others. */
final class ChatPart implements Part {

    private final List<ChatChange> changes = new ArrayList<>(4);
    /** Whether the conversation was deleted in it, and the new messages since. */
    private boolean ended;
    private long lastSeq;
    private int messages;
    private volatile Frames frames;

    void add(ChatChange change) {
        changes.add(change);
        if (change.endsConversation()) {
            ended = true;
            lastSeq = 0;
            messages = 0;
        } else if (change.kind() == Kind.MESSAGE) {
            lastSeq = Math.max(lastSeq, change.seq());
            messages++;
        }
    }

    @Override
    public int size() {
        return changes.size();
    }

    @Override
    public void count(Numbers had) {
        had.add(ended, lastSeq, messages);
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
    public void addUnseen(Snapshot raw, Snapshot clamped, List<byte[]> texts, Numbers had) {
        for (ChatChange change : changes) {
            if (!raw.sees(change.change().xid())) {
                texts.add(change.frame(change.change().after().with(clamped)));
                change.count(had);
            }
        }
    }
}
