package dev.parley.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PongWebSocketFrame;
import io.netty.util.ReferenceCountUtil;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the guard lets through of what the WebSocket extension reads and writes by itself. */
class SocketGuardTest {

    private final EmbeddedChannel channel = new EmbeddedChannel();
    private final Outbound outbound = new Outbound(channel, 1_024, 60_000, () -> { }, () -> { });

    SocketGuardTest() {
        channel.pipeline().addLast(new SocketGuard(new SocketGuard.Session() {
            @Override
            public void invalidUtf8() {
            }

            @Override
            public void cameInParts() {
            }

            @Override
            public Outbound outbound() {
                return outbound;
            }
        }), new ChannelInboundHandlerAdapter() {
            @Override
            public void channelRead(ChannelHandlerContext context, Object message) {
                ReferenceCountUtil.release(message);
                context.writeAndFlush(new PongWebSocketFrame()); // as the extension does, whatever waits already
            }
        });
    }

    @AfterEach
    void end() {
        channel.finishAndReleaseAll();
    }

    @Test
    void aPingIsNotAnsweredWhileItsSenderTakesNothing() {
        channel.writeInbound(new PingWebSocketFrame());
        assertInstanceOf(PongWebSocketFrame.class, channel.readOutbound());
        channel.unsafe().outboundBuffer().setUserDefinedWritability(1, false);
        PingWebSocketFrame unheard = new PingWebSocketFrame(channel.alloc().buffer().writeInt(1));
        channel.writeInbound(unheard);
        assertNull(channel.readOutbound());
        assertEquals(0, unheard.refCnt());
        channel.unsafe().outboundBuffer().setUserDefinedWritability(1, true);
        channel.writeInbound(new PingWebSocketFrame());
        assertInstanceOf(PongWebSocketFrame.class, channel.readOutbound());
    }

    @Test
    void nothingFollowsTheCloseFrame() {
        outbound.write(new byte[] {1});
        channel.pipeline().lastContext().write(new CloseWebSocketFrame(1012, "restart"));
        outbound.write(new byte[] {2});
        assertTrue(channel.pipeline().lastContext().writeAndFlush(new PongWebSocketFrame()).isSuccess());
        channel.runPendingTasks();
        channel.flush();
        ByteBuf before = assertInstanceOf(ByteBuf.class, channel.readOutbound());
        assertEquals(1, before.readByte());
        assertNotNull(assertInstanceOf(CloseWebSocketFrame.class, channel.readOutbound()));
        assertNull(channel.readOutbound());
    }
}
