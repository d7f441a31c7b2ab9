package dev.parley.stream;

import dev.parley.feed.FeedGap.Reason;
import dev.parley.feed.Position;
import java.util.UUID;

/** One conversation, or all of them. */
final class ChatSubject implements Subject {

    private final ReplayReader reader;
    private final UUID conversation;
    private Member member;

    /** @param conversation null for the global stream */
    ChatSubject(ReplayReader reader, UUID conversation) {
        this.reader = reader;
        this.conversation = conversation;
    }

    @Override
    public boolean isTables() {
        return false;
    }

    @Override
    public void enter(Shard shard, StreamSubscription subscription) {
        member = shard.add(conversation, subscription);
    }

    @Override
    public void leave(Shard shard) {
        shard.remove(conversation, member);
    }

    @Override
    public Replay fromNow() {
        return conversation == null ? new FeedReplay(reader, null) : new ConversationReplay(reader, conversation, null, null);
    }

    @Override
    public Replay from(long seq, Position position) {
        return conversation == null ? new FeedReplay(reader, position) : new ConversationReplay(reader, conversation, seq, position);
    }

    @Override
    public byte[] live(long lastSeq, Position position) {
        return FrameJson.live(lastSeq, position);
    }

    @Override
    public byte[] resync(Reason reason) {
        return FrameJson.resync(reason.word());
    }

    @Override
    public byte[] position(Position position) {
        return FrameJson.position(position);
    }
}
