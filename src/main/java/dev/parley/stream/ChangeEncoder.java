package dev.parley.stream;

import dev.parley.feed.FeedGap.Reason;
import dev.parley.feed.Position;
import java.util.List;

/** Says changes of tables in the words of one reader's protocol. Any thread; does not block. */
public interface ChangeEncoder {

    /** Equal for encoders that say the same change in the same words: what one encodes serves the readers of all. */
    Object audience();

    /**
     * One change.
     *
     * @param bindings the reader's that it is for, at least one; all with the same projection and position name
     * @param position of a reader that has had everything up to and including this
     * @param own      whether it is said by the reader's own encoder, which may put in what is the reader's alone; else it is by that of any of its audience
     */
    byte[] frame(TableChange change, List<Binding> bindings, Position position, boolean own);

    /** The backlog is through. Null to say nothing. */
    byte[] live(Position position);

    /** What the reader has can't be continued exactly. */
    byte[] resync(Reason reason);

    /** Whether the reader wants to be told its position now and then. */
    boolean wantsPositions();

    /** Nothing happened, but resume from here. */
    byte[] position(Position position);
}
