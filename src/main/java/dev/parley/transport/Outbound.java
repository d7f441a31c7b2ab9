package dev.parley.transport;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.nio.AbstractNioChannel;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.traffic.AbstractTrafficShapingHandler;
import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/**
 * The way out of one socket: straight to the system while it takes everything, else Netty's own queue, with a bound. It says when there is room again, and
 * when a peer takes nothing any more. On the socket's event loop only.
 */
public final class Outbound {

    private static final Logger LOG = Logger.getLogger(Outbound.class);
    /** Between two turns: the flusher's own leads to the frames of its turn, which nobody has to keep for an idle socket. */
    private static final Sequence NOTHING = Sequence.empty();

    /** More than this is not gathered before it goes into Netty's queue, in bytes: copying it would cost more than another buffer. */
    private static final int GATHERED = 16_384;

    private final Channel channel;
    private final Flusher flusher;
    private final long stallMs;
    private final Runnable room;
    private final Runnable stalled;
    /** What came in this turn and is not in Netty's queue yet. */
    private Sequence gathered;
    private ChannelHandlerContext way;
    /** Whole frames of bytes are nothing to any handler but TLS and a limit of the rate, and to be passed from one to the next costs a tenth of a delivery. */
    private boolean pastHandlers;
    /**
     * Takes bytes past Netty's queue while nothing waits there: the queue is a third of what a delivery costs above the system call (1.43 µs against 0.95).
     * Null where the way leads through handlers, or to something else than a socket of the JDK.
     */
    private SocketChannel direct;
    /** Whether something may wait in Netty's queue: as long as nothing can, it need not be asked, which is three objects more for each delivery. */
    private boolean queued = true;
    private boolean dirty;
    private boolean ended;
    private boolean watched;
    private boolean progressed;

    /**
     * @param bytes   more may not wait; there is room again at a quarter of it
     * @param room    called when there is room again
     * @param stalled called when the peer has taken nothing for {@code stallMs} while bytes waited for it
     */
    public Outbound(Channel channel, int bytes, long stallMs, Runnable room, Runnable stalled) {
        this.channel = channel;
        this.flusher = Flusher.of(channel.eventLoop());
        this.stallMs = stallMs;
        this.room = room;
        this.stalled = stalled;
        this.gathered = NOTHING;
        channel.config().setWriteBufferWaterMark(new WriteBufferWaterMark(bytes / 4, bytes));
    }

    /** Where to write to, from now on: what comes by other ways first asks for {@link #handOver}. */
    void leadsThrough(ChannelHandlerContext context) {
        way = context;
        pastHandlers = context.pipeline().get(SslHandler.class) == null && context.pipeline().get(AbstractTrafficShapingHandler.class) == null;
        direct = pastHandlers && channel.unsafe() instanceof AbstractNioChannel.NioUnsafe nio && nio.ch() instanceof SocketChannel socket ? socket : null;
    }

    /** Queues bytes that are never changed again, whole frames; they go out at the end of this turn of the event loop. */
    public void write(byte[] frames) {
        if (ended) {
            return;
        }
        if (!dirty) {
            dirty = true;
            gathered = flusher.nothing();
            flusher.add(this);
        }
        if (gathered.size() > 0 && gathered.size() + frames.length > GATHERED) {
            handOver();
        }
        gathered = gathered.then(frames);
        if (gathered.size() >= GATHERED) {
            handOver();
        }
    }

    /** Nothing is written any more: the close frame is on its way. */
    void end() {
        ended = true;
    }

    boolean hasEnded() {
        return ended;
    }

    /** Puts what was gathered into Netty's queue, where something of somebody else's may follow it. */
    void handOver() {
        queued = true;
        if (gathered.size() == 0) {
            return;
        }
        handOver(0);
    }

    /** The same without the first {@code written} bytes. */
    private void handOver(int written) {
        queued = true;
        Sequence all = gathered;
        gathered = flusher.nothing();
        try {
            ByteBuf shared = flusher.made(all, channel.alloc()).share(written);
            if (pastHandlers) {
                channel.unsafe().write(shared, channel.voidPromise());
            } else {
                way.write(shared, way.voidPromise());
            }
        } catch (RuntimeException | OutOfMemoryError e) {
            // no memory for buffers: this reader comes back and resumes, the others must not wait for it
            LOG.error("a socket could not be written to and is closed", e);
            channel.close();
        }
    }

    void flush() {
        dirty = false;
        if (gathered.size() > 0) {
            int written = direct != null && nothingIsQueued() ? writeAtOnce() : 0;
            if (written == gathered.size()) {
                gathered = NOTHING;
                return;
            }
            handOver(written);
        }
        gathered = NOTHING;
        if (pastHandlers) {
            channel.unsafe().flush();
        } else {
            channel.flush();
        }
    }

    private boolean nothingIsQueued() {
        if (queued && queuedBytes() == 0) {
            queued = false;
        }
        return !queued;
    }

    /** Nothing waits in the queue of a closed channel. */
    private long queuedBytes() {
        ChannelOutboundBuffer queue = channel.unsafe().outboundBuffer();
        return queue == null ? 0 : queue.totalPendingWriteBytes();
    }

    /** Writes of what was gathered as many bytes as the system takes now. */
    private int writeAtOnce() {
        try {
            return Math.max(0, direct.write(flusher.made(gathered, channel.alloc()).bytes()));
        } catch (IOException | RuntimeException | OutOfMemoryError e) {
            return 0; // happens again on the way through the queue, which knows what is to be done then
        }
    }

    public boolean hasRoom() {
        return direct != null && !queued || channel.isWritable();
    }

    /** Bytes that wait for the peer. */
    public long waitingBytes() {
        return gathered.size() + queuedBytes();
    }

    /** To be called when Netty says that {@link #hasRoom} changed. */
    void roomChanged() {
        if (channel.isWritable()) {
            progressed = true;
            room.run();
        } else if (!watched) {
            watched = true;
            progressed = false;
            watch();
        }
    }

    /** Not by how much waits: for who takes little there may be ever more, or always the most that may wait. */
    private void watch() {
        Object first = first();
        long taken = takenOfFirst();
        channel.eventLoop().schedule(() -> {
            if (!channel.isOpen() || channel.isWritable()) {
                watched = false;
            } else if (!progressed && first() == first && takenOfFirst() == taken) {
                stalled.run();
            } else {
                progressed = false;
                if (!channel.config().isAutoRead()) {
                    channel.read(); // it takes what it gets, if slowly: without its answers to pings it would count as dead
                }
                watch();
            }
        }, stallMs, TimeUnit.MILLISECONDS);
    }

    /** What is on its way to the peer. */
    private Object first() {
        ChannelOutboundBuffer queue = channel.unsafe().outboundBuffer();
        return queue == null ? null : queue.current();
    }

    private long takenOfFirst() {
        ChannelOutboundBuffer queue = channel.unsafe().outboundBuffer();
        return queue == null ? 0 : queue.currentProgress();
    }
}
