package dev.parley.transport;

import io.netty.buffer.ByteBufUtil;
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
 * Sees what the WebSocket extension does not show: that text is not UTF-8 (it would be decoded with replacement characters), and that the
 * channel takes writes again. What the extension itself writes (pongs, the close frame) it puts behind what the session wrote before, and nothing behind the close
 * frame: a browser fails a connection on which something follows it. Pings of a peer that does not take its answers are not answered: they would wait beside what
 * the session writes, without a bound.
 */
public final class SocketGuard extends ChannelDuplexHandler {

    /** Who is told. On the channel's event loop. */
    public interface Session {

        /** A text frame that is not UTF-8 came; it is not passed on. */
        void invalidUtf8();

        /** Part of a message that comes in several frames came: it is for the session to check as a whole. */
        void cameInParts();

        Outbound outbound();
    }

    private final Session session;

    public SocketGuard(Session session) {
        this.session = session;
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
        if (message instanceof TextWebSocketFrame text && text.isFinalFragment() && !ByteBufUtil.isText(text.content(), StandardCharsets.UTF_8)) {
            ReferenceCountUtil.release(message);
            session.invalidUtf8();
            return;
        }
        if (message instanceof PingWebSocketFrame && !session.outbound().hasRoom()) {
            ReferenceCountUtil.release(message);
            return;
        }
        if (message instanceof ContinuationWebSocketFrame) {
            session.cameInParts();
        }
        context.fireChannelRead(message);
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        session.outbound().roomChanged();
        context.fireChannelWritabilityChanged();
    }
}
