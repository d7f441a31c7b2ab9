package dev.parley.stream;

import dev.parley.feed.FeedGap;
import dev.parley.feed.FeedGap.Reason;
import dev.parley.feed.Position;
import io.vertx.core.Future;
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
    public Replay from(Numbers had, Position position) {
        if (conversation == null) {
            return new FeedReplay(reader, position);
        }
        if (position.isInsideDelta() && had.someMissing()) {
            // they are still to come, with lower numbers than the one that a replay begins behind
            return epoch -> Future.failedFuture(new FeedGap(Reason.TOO_FAR_BEHIND));
        }
        return new ConversationReplay(reader, conversation, had.highest(), position);
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
