package dev.parley.transport;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.ContinuationWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import io.netty.util.ReferenceCountUtil;
import java.nio.charset.StandardCharsets;

/**
 * Sees what the WebSocket extension does not show: that text is not UTF-8 (it would be decoded with replacement characters), in however many frames it comes, and that
 * the channel takes writes again. What the extension itself writes (pongs, the close frame) it puts behind what the session wrote before, and nothing behind the close
 * frame: a browser fails a connection on which something follows it. Pings of a peer that does not take its answers are not answered: they would wait beside what
 * the session writes, without a bound.
 */
public final class SocketGuard extends ChannelDuplexHandler {

    /** Who is told. On the channel's event loop. */
    public interface Session {

        /** A text that is not UTF-8 came; it is not passed on. */
        void invalidUtf8();

        Outbound outbound();
    }

    private final Session session;
    private final int longest;
    /** What has come of a text that comes in several frames; null when none is being put together. */
    private ByteBuf parts;

    /** @param longest in bytes: a text in several frames that is longer is left to the extension, whose own limit it exceeds */
    public SocketGuard(Session session, int longest) {
        this.session = session;
        this.longest = longest;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        session.outbound().leadsThrough(context);
    }

    @Override
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
        if (session.outbound().hasEnded() && message instanceof WebSocketFrame) {
            ReferenceCountUtil.release(message);
            promise.trySuccess();
            return;
        }
        session.outbound().handOver();
        if (message instanceof CloseWebSocketFrame) {
            session.outbound().end();
        }
        context.write(message, promise);
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (message instanceof TextWebSocketFrame text) {
            if (text.isFinalFragment()) {
                pass(context, text);
            } else {
                parts = Unpooled.buffer(text.content().readableBytes());
                gather(context, text);
            }
            return;
        }
        if (parts != null && message instanceof ContinuationWebSocketFrame part) {
            gather(context, part);
            return;
        }
        if (message instanceof PingWebSocketFrame && !session.outbound().hasRoom()) {
            ReferenceCountUtil.release(message);
            return;
        }
        context.fireChannelRead(message);
    }

    /** Passes a whole text on, if it is one. */
    private void pass(ChannelHandlerContext context, TextWebSocketFrame text) {
        if (ByteBufUtil.isText(text.content(), StandardCharsets.UTF_8)) {
            context.fireChannelRead(text);
        } else {
            text.release();
            session.invalidUtf8();
        }
    }

    /** A character may be cut by the end of a frame: the text is put together before it is looked at, and goes on as one that came whole. */
    private void gather(ChannelHandlerContext context, WebSocketFrame part) {
        ByteBuf gathered = parts;
        if (part.content().readableBytes() > longest - gathered.readableBytes()) {
            parts = null;
            if (part instanceof ContinuationWebSocketFrame) {
                context.fireChannelRead(new TextWebSocketFrame(false, 0, gathered));
            } else {
                gathered.release();
            }
            context.fireChannelRead(part);
            return;
        }
        boolean whole = part.isFinalFragment();
        gathered.writeBytes(part.content());
        part.release();
        if (whole) {
            parts = null;
            pass(context, new TextWebSocketFrame(gathered));
        }
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
        if (parts != null) {
            parts.release();
            parts = null;
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        session.outbound().roomChanged();
        context.fireChannelWritabilityChanged();
    }
}
