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
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.ContinuationWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PongWebSocketFrame;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import io.netty.util.ReferenceCountUtil;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the guard lets through of what the WebSocket extension reads and writes by itself. */
class SocketGuardTest {

    private static final int LONGEST = 20;

    private final EmbeddedChannel channel = new EmbeddedChannel();
    private final Outbound outbound = new Outbound(channel, 1_024, 60_000, () -> { }, () -> { });
    private final List<String> texts = new ArrayList<>();

    SocketGuardTest() {
        channel.pipeline().addLast(new SocketGuard(new SocketGuard.Session() {
            @Override
            public void invalidUtf8() {
                texts.add("invalid");
            }

            @Override
            public Outbound outbound() {
                return outbound;
            }
        }, LONGEST), new ChannelInboundHandlerAdapter() {
            @Override
            public void channelRead(ChannelHandlerContext context, Object message) {
                if (message instanceof TextWebSocketFrame || message instanceof ContinuationWebSocketFrame) {
                    WebSocketFrame frame = (WebSocketFrame) message;
                    texts.add((message instanceof TextWebSocketFrame ? "" : "+") + frame.content().toString(StandardCharsets.UTF_8) + (frame.isFinalFragment() ? "" : "+"));
                    ReferenceCountUtil.release(message);
                    return;
                }
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
    void aTextInFragmentsIsPutTogetherBeforeItIsLookedAt() {
        byte[] text = "a\uFFFD\uD83D\uDE00\u00E4".getBytes(StandardCharsets.UTF_8);
        List<ByteBuf> fragments = new ArrayList<>();
        for (int i = 0; i < text.length; i++) {
            ByteBuf one = channel.alloc().buffer().writeByte(text[i]);
            fragments.add(one);
            channel.writeInbound(i == 0 ? new TextWebSocketFrame(false, 0, one) : new ContinuationWebSocketFrame(i == text.length - 1, 0, one));
        }
        channel.writeInbound(new TextWebSocketFrame(false, 0, channel.alloc().buffer().writeByte('b').writeByte(0xC3)), new ContinuationWebSocketFrame(true, 0, "c"),
                new TextWebSocketFrame("d"));
        assertEquals(List.of("a\uFFFD\uD83D\uDE00\u00E4", "invalid", "d"), texts);
        assertTrue(fragments.stream().allMatch(one -> one.refCnt() == 0));
    }

    @Test
    void aTextInFragmentsThatIsTooLongIsLeftToTheExtension() {
        channel.writeInbound(new TextWebSocketFrame(false, 0, "a".repeat(LONGEST)), new ContinuationWebSocketFrame(false, 0, "b"), new ContinuationWebSocketFrame(true, 0, "c"),
                new TextWebSocketFrame(false, 0, "d"), new ContinuationWebSocketFrame(true, 0, "e"));
        assertEquals(List.of("a".repeat(LONGEST) + "+", "+b+", "+c", "de"), texts);
    }

    @Test
    void aFragmentOfBytesIsNotLookedAt() {
        channel.writeInbound(new BinaryWebSocketFrame(false, 0, channel.alloc().buffer().writeByte(0xFF)), new ContinuationWebSocketFrame(true, 0, "b"));
        assertEquals(List.of("+b"), texts);
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
