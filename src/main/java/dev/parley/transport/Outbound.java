package dev.parley.transport;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.WriteBufferWaterMark;
import java.util.concurrent.TimeUnit;

/**
 * The way out of one socket: Netty's own queue with a bound. It says when there is room again, and when a peer takes nothing any more.
 * On the socket's event loop only.
 */
public final class Outbound {

    private final Channel channel;
    private final int bytes;
    private final Flusher flusher;
    private final long stallMs;
    private final Runnable room;
    private final Runnable stalled;
    private boolean dirty;
    private boolean watched;
    private boolean progressed;

    /**
     * @param bytes   more may not wait; there is room again at a quarter of it
     * @param room    called when there is room again
     * @param stalled called when the peer has taken nothing for {@code stallMs} while bytes waited for it
     */
    public Outbound(Channel channel, int bytes, long stallMs, Runnable room, Runnable stalled) {
        this.channel = channel;
        this.bytes = bytes;
        this.flusher = Flusher.of(channel.eventLoop());
        this.stallMs = stallMs;
        this.room = room;
        this.stalled = stalled;
        channel.config().setWriteBufferWaterMark(new WriteBufferWaterMark(bytes / 4, bytes));
    }

    /** Queues bytes that are never changed again; they go out at the end of this turn of the event loop. */
    public void write(byte[] bytes) {
        channel.write(Unpooled.wrappedBuffer(bytes), channel.voidPromise());
        if (!dirty) {
            dirty = true;
            flusher.add(this);
        }
    }

    void flush() {
        dirty = false;
        channel.flush();
    }

    public boolean hasRoom() {
        return channel.isWritable();
    }

    /** Bytes that wait for the peer. */
    public long waitingBytes() {
        return channel.isWritable() ? bytes - channel.bytesBeforeUnwritable() : bytes / 4 + channel.bytesBeforeWritable();
    }

    /** To be called when Netty says that {@link #hasRoom} changed. */
    void roomChanged() {
        if (channel.isWritable()) {
            progressed = true;
            room.run();
        } else if (!watched) {
            watched = true;
            progressed = false;
            watch(waiting());
        }
    }

    private void watch(long before) {
        channel.eventLoop().schedule(() -> {
            if (!channel.isOpen() || channel.isWritable()) {
                watched = false;
            } else if (!progressed && waiting() >= before) {
                stalled.run();
            } else {
                progressed = false;
                watch(waiting());
            }
        }, stallMs, TimeUnit.MILLISECONDS);
    }

    private long waiting() {
        return channel.bytesBeforeWritable();
    }
}
