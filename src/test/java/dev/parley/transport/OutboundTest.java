package dev.parley.transport;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.parley.testing.Await;
import dev.parley.testing.Seed;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The way out of a socket, over a real one whose buffers are small. */
class OutboundTest {

    private static final int BOUND = 1 << 20, SMALL_BUFFER = 8_192, LARGEST = 40_000, TURNS = 400;
    private static final long STALL_MS = 60_000;
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static NioEventLoopGroup loop;

    private final ByteArrayOutputStream written = new ByteArrayOutputStream(), seen = new ByteArrayOutputStream();
    private final AtomicInteger roomAgain = new AtomicInteger();
    private ChannelHandlerContext way;
    private Outbound outbound;

    @BeforeAll
    static void begin() {
        loop = new NioEventLoopGroup(1);
    }

    @AfterAll
    static void end() {
        loop.shutdownGracefully(0, 5, TimeUnit.SECONDS);
    }

    @Test
    void bytesComeOnceAndInOrderHoweverFewTheSystemTakesAtATime() throws Exception {
        Random random = new Random(Seed.of(OutboundTest.class));
        try (Socket reader = connect()) {
            for (int turn = 0; turn < TURNS; turn++) {
                onLoop(Executors.callable(() -> {
                    for (int frames = 1 + random.nextInt(4); frames > 0; frames--) {
                        byte[] bytes = bytes(random, 1 + random.nextInt(random.nextInt(3) == 0 ? LARGEST : 200));
                        if (random.nextInt(5) > 0) {
                            outbound.write(bytes);
                            written.writeBytes(bytes);
                        } else {
                            otherwise(bytes);
                        }
                    }
                }));
                // at times everything is read before more is written, at times nothing, so that both ways out are taken, and changed from one to the other
                int wanted = random.nextInt(3) == 0 ? written.size() : written.size() - random.nextInt(Math.min(BOUND / 2, written.size()));
                read(reader.getInputStream(), wanted);
            }
            read(reader.getInputStream(), written.size());
            assertArrayEquals(written.toByteArray(), seen.toByteArray());
        }
    }

    @Test
    void whoTakesNothingFillsTheQueueAndThereIsRoomAgainOnceItReads() throws Exception {
        byte[] frame = new byte[LARGEST];
        try (Socket reader = connect()) {
            onLoop(Executors.callable(() -> {
                while (outbound.hasRoom()) {
                    outbound.write(frame);
                    written.writeBytes(frame);
                    outbound.handOver();
                }
            }));
            assertTrue(onLoop(outbound::waitingBytes) > BOUND / 2);
            assertEquals(0, roomAgain.get());
            read(reader.getInputStream(), written.size());
            Await.until(() -> roomAgain.get() == 1, PATIENCE, "there is room again");
            assertEquals(0L, onLoop(outbound::waitingBytes));
        }
    }

    /** A reader with a small buffer, and the way to it. */
    private Socket connect() throws Exception {
        CompletableFuture<Void> ready = new CompletableFuture<>();
        Channel server = new ServerBootstrap().group(loop).channel(NioServerSocketChannel.class).childOption(ChannelOption.SO_SNDBUF, SMALL_BUFFER)
                .childHandler(new ChannelInboundHandlerAdapter() {
                    @Override
                    public void channelActive(ChannelHandlerContext context) {
                        way = context;
                        outbound = new Outbound(context.channel(), BOUND, STALL_MS, roomAgain::incrementAndGet, () -> {});
                        outbound.leadsThrough(context);
                        ready.complete(null);
                    }

                    @Override
                    public void channelWritabilityChanged(ChannelHandlerContext context) {
                        outbound.roomChanged();
                    }
                }).bind(InetAddress.getLoopbackAddress(), 0).sync().channel();
        Socket reader = new Socket();
        reader.setReceiveBufferSize(SMALL_BUFFER);
        reader.setSoTimeout((int) PATIENCE.toMillis());
        reader.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), ((InetSocketAddress) server.localAddress()).getPort()));
        ready.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        server.close();
        return reader;
    }

    private static <T> T onLoop(Callable<T> action) throws Exception {
        return loop.submit(action).get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }

    private void read(InputStream from, int wanted) throws Exception {
        byte[] chunk = new byte[SMALL_BUFFER];
        while (seen.size() < wanted) {
            int count = from.read(chunk, 0, Math.min(chunk.length, wanted - seen.size()));
            assertTrue(count > 0, "the socket was closed");
            seen.write(chunk, 0, count);
        }
    }

    /** What the WebSocket extension writes by itself, pongs and close frames: it comes through the pipeline. */
    private void otherwise(byte[] bytes) {
        written.writeBytes(bytes);
        outbound.handOver();
        way.writeAndFlush(Unpooled.wrappedBuffer(bytes));
    }

    private byte[] bytes(Random random, int size) {
        byte[] bytes = new byte[size];
        random.nextBytes(bytes);
        return bytes;
    }
}
