package dev.parley.transport;

import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.websocketx.ContinuationWebSocketFrame;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.util.ReferenceCountUtil;
import java.nio.charset.StandardCharsets;

/**
 * Sees what the WebSocket extension does not show: that text is not UTF-8 (it would be decoded with replacement characters), and that the
 * channel takes writes again.
 */
public final class SocketGuard extends ChannelInboundHandlerAdapter {

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
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (message instanceof TextWebSocketFrame text && text.isFinalFragment() && !ByteBufUtil.isText(text.content(), StandardCharsets.UTF_8)) {
            ReferenceCountUtil.release(message);
            session.invalidUtf8();
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
