package dev.parley.transport;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.nio.ByteBuffer;

/**
 * What a socket was given in one turn of its event loop: frames, one behind another. Sockets that were given the same share one sequence, and so one
 * buffer, however many frames it is made of: a burst on a topic costs each reader one write of one shared buffer (half the time of a buffer for each
 * frame, and a third of a buffer for each frame and socket). On the event loop only.
 */
final class Sequence {

    /** Sockets are served one after another with the same frame, or with one of a few kinds of it; where each has its own, none is looked for for long. */
    private static final int CONTINUATIONS = 16;

    private final Sequence before;
    private final byte[] last;
    private final int size;
    /** The newest continuation, and this one's elder sibling. */
    private Sequence next;
    private final Sequence elder;
    private ByteBuf buffer;

    private Sequence(Sequence before, byte[] last, int size, Sequence elder) {
        this.before = before;
        this.last = last;
        this.size = size;
        this.elder = elder;
    }

    static Sequence empty() {
        return new Sequence(null, null, 0, null);
    }

    /** This sequence and one frame more. */
    Sequence then(byte[] frame) {
        int looks = CONTINUATIONS;
        for (Sequence known = next; known != null && looks-- > 0; known = known.elder) {
            if (known.last == frame) {
                return known;
            }
        }
        return next = new Sequence(this, frame, size + frame.length, next);
    }

    /** In bytes. */
    int size() {
        return size;
    }

    /** The frames from {@code offset} on (bytes), for one of those who share them, once they are made. */
    ByteBuf share(int offset) {
        return buffer.retainedSlice(offset, size - offset);
    }

    /** All frames, once they are made, to be written at once and not kept: everybody gets the same buffer, at its beginning. */
    ByteBuffer bytes() {
        return buffer.internalNioBuffer(0, size);
    }

    boolean isMade() {
        return buffer != null;
    }

    /** Puts the frames together; whoever does it has to {@link #release} them when all have them. */
    void make(ByteBufAllocator allocator) {
        buffer = allocator.directBuffer(size, size);
        buffer.writerIndex(size);
        int end = size;
        for (Sequence part = this; part.before != null; part = part.before) {
            end -= part.last.length;
            buffer.setBytes(end, part.last);
        }
    }

    void release() {
        buffer.release();
        buffer = null;
    }
}
