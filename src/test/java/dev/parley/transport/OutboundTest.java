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
import io.netty.util.ReferenceCountUtil;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The way out of a socket, over real ones whose buffers are small. */
class OutboundTest {

    private static final int BOUND = 1 << 20, SMALL_BUFFER = 8_192, LARGEST = 40_000, TURNS = 400, SOCKETS = 4;
    private static final long NEVER_STALLED_MS = 600_000, STALL_MS = 50;
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static NioEventLoopGroup loop;

    private final List<Reader> readers = new ArrayList<>();

    @BeforeAll
    static void begin() {
        loop = new NioEventLoopGroup(1);
    }

    @AfterAll
    static void end() {
        loop.shutdownGracefully(0, 5, TimeUnit.SECONDS);
    }

    @AfterEach
    void disconnect() throws IOException {
        for (Reader reader : readers) {
            reader.socket.close();
        }
    }

    @Test
    void bytesComeOnceAndInOrderHoweverFewTheSystemTakesAtATime() throws Exception {
        Random random = new Random(Seed.of(OutboundTest.class));
        for (int i = 0; i < SOCKETS; i++) {
            connect(NEVER_STALLED_MS);
        }
        for (int turn = 0; turn < TURNS; turn++) {
            onLoop(() -> {
                for (int frames = 1 + random.nextInt(4); frames > 0; frames--) {
                    writeToMost(random, bytes(random, 1 + random.nextInt(random.nextInt(3) == 0 ? LARGEST : 200)));
                }
                return null;
            });
            for (Reader reader : readers) {
                // at times everything is read before more is written, at times nothing, so that both ways are taken, and each after the other
                int behind = random.nextInt(3) == 0 ? 0 : random.nextInt(BOUND / 2);
                reader.read(reader.written.size() - behind);
            }
        }
        for (Reader reader : readers) {
            reader.read(reader.written.size());
            assertArrayEquals(reader.written.toByteArray(), reader.seen.toByteArray());
        }
    }

    /** Most get the same, so that they share it; some get what the WebSocket extension writes by itself, and some nothing. */
    private void writeToMost(Random random, byte[] bytes) {
        for (Reader reader : readers) {
            int chance = random.nextInt(10);
            if (chance < 7) {
                reader.write(bytes);
            } else if (chance < 9) {
                reader.writeOtherwise(bytes);
            }
        }
    }

    @Test
    void whoTakesNothingFillsTheQueueAndThereIsRoomAgainOnceItReads() throws Exception {
        Reader reader = connect(NEVER_STALLED_MS);
        fill(reader);
        assertTrue(onLoop(reader.outbound::waitingBytes) > BOUND / 2);
        assertEquals(0, reader.roomAgain.get());
        reader.read(reader.written.size());
        Await.until(() -> reader.roomAgain.get() == 1, PATIENCE, "there is room again");
        assertEquals(0L, onLoop(reader.outbound::waitingBytes));
    }

    @Test
    void whoTakesNothingForTooLongIsSaidToBeStalled() throws Exception {
        Reader reader = connect(STALL_MS);
        fill(reader);
        Await.until(() -> reader.stalled.get() == 1, PATIENCE, "it is stalled");
    }

    /** By how much waits it could not be told from one that takes nothing. */
    @Test
    void whoTakesSomethingIsNotStalledThoughMoreComesThanItTakes() throws Exception {
        Reader reader = connect(10 * STALL_MS);
        onLoop(() -> reader.channel.config().setAutoRead(false));
        fill(reader);
        for (int looks = 1; looks <= 3; looks++) {
            int looked = looks;
            reader.socket.getOutputStream().write(1);
            Await.until(() -> {
                reader.read(reader.seen.size() + SMALL_BUFFER);
                onLoop(() -> {
                    reader.write(new byte[2 * SMALL_BUFFER]);
                    return null;
                });
                return reader.stalled.get() > 0 || reader.heard.get() == looked;
            }, PATIENCE, "it is heard");
        }
        assertEquals(0, reader.stalled.get());
    }

    /** Then it is one and the same that it takes all the time. */
    @Test
    void whoTakesSomethingOfALargeFrameIsNotStalled() throws Exception {
        Reader reader = connect(10 * STALL_MS);
        onLoop(() -> {
            reader.channel.config().setAutoRead(false);
            reader.write(new byte[16 * BOUND]);
            return null;
        });
        for (int looks = 1; looks <= 3; looks++) {
            int looked = looks;
            reader.socket.getOutputStream().write(1);
            Await.until(() -> {
                reader.read(reader.seen.size() + SMALL_BUFFER);
                return reader.stalled.get() > 0 || reader.heard.get() == looked;
            }, PATIENCE, "it is heard");
        }
        assertEquals(0, reader.stalled.get());
    }

    /** Its answers to pings are what it is known by to be there. */
    @Test
    void whoTakesSlowlyIsHeardNowAndThenThoughItIsNotReadOtherwise() throws Exception {
        Reader reader = connect(STALL_MS);
        onLoop(() -> reader.channel.config().setAutoRead(false));
        fill(reader);
        reader.socket.getOutputStream().write(new byte[10]);
        Await.until(() -> {
            reader.read(reader.seen.size() + SMALL_BUFFER);
            assertTrue(onLoop(() -> !reader.outbound.hasRoom()), "there is room before it was heard");
            return reader.heard.get() > 0;
        }, PATIENCE, "it is heard");
    }

    @Test
    void aPeerThatIsGoneIsClosedWithTheNextWriteAndNobodyElse() throws Exception {
        Reader gone = connect(NEVER_STALLED_MS);
        Reader other = connect(NEVER_STALLED_MS);
        gone.socket.setSoLinger(true, 0);
        gone.socket.close();
        byte[] frame = {1, 2, 3};
        Await.until(() -> onLoop(() -> {
            gone.write(frame);
            other.write(frame);
            return !gone.channel.isOpen();
        }), PATIENCE, "it is closed");
        other.read(other.written.size());
        assertArrayEquals(other.written.toByteArray(), other.seen.toByteArray());
    }

    private Reader connect(long stallMs) throws Exception {
        Reader reader = new Reader(stallMs);
        readers.add(reader);
        return reader;
    }

    private static void fill(Reader reader) throws Exception {
        byte[] frame = new byte[LARGEST];
        onLoop(() -> {
            while (reader.outbound.hasRoom()) {
                reader.write(frame);
                reader.outbound.handOver();
            }
            return null;
        });
    }

    private static byte[] bytes(Random random, int size) {
        byte[] bytes = new byte[size];
        random.nextBytes(bytes);
        return bytes;
    }

    private static <T> T onLoop(Callable<T> action) throws Exception {
        return loop.submit(action).get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }

    /** A peer with a small buffer, and the way to it. */
    private static final class Reader {

        final ByteArrayOutputStream written = new ByteArrayOutputStream(), seen = new ByteArrayOutputStream();
        final AtomicInteger roomAgain = new AtomicInteger(), stalled = new AtomicInteger(), heard = new AtomicInteger();
        final Socket socket = new Socket();
        Channel channel;
        Outbound outbound;
        private ChannelHandlerContext way;

        Reader(long stallMs) throws Exception {
            CountDownLatch ready = new CountDownLatch(1);
            Channel server = new ServerBootstrap().group(loop).channel(NioServerSocketChannel.class).childOption(ChannelOption.SO_SNDBUF, SMALL_BUFFER)
                    .childHandler(new ChannelInboundHandlerAdapter() {
                        @Override
                        public void channelActive(ChannelHandlerContext context) {
                            way = context;
                            channel = context.channel();
                            outbound = new Outbound(channel, BOUND, stallMs, roomAgain::incrementAndGet, stalled::incrementAndGet);
                            outbound.leadsThrough(context);
                            ready.countDown();
                        }

                        @Override
                        public void channelRead(ChannelHandlerContext context, Object message) {
                            heard.incrementAndGet();
                            ReferenceCountUtil.release(message);
                        }

                        @Override
                        public void channelWritabilityChanged(ChannelHandlerContext context) {
                            outbound.roomChanged();
                        }

                        @Override
                        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
                            context.close();
                        }
                    }).bind(InetAddress.getLoopbackAddress(), 0).sync().channel();
            socket.setReceiveBufferSize(SMALL_BUFFER);
            socket.setSoTimeout((int) PATIENCE.toMillis());
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), ((InetSocketAddress) server.localAddress()).getPort()));
            assertTrue(ready.await(PATIENCE.toSeconds(), TimeUnit.SECONDS));
            server.close();
        }

        void write(byte[] bytes) {
            outbound.write(bytes);
            written.writeBytes(bytes);
        }

        /** Pongs and close frames, say: they come through the pipeline. */
        void writeOtherwise(byte[] bytes) {
            outbound.handOver();
            way.writeAndFlush(Unpooled.wrappedBuffer(bytes));
            written.writeBytes(bytes);
        }

        /** Until so many bytes have been read in all. */
        void read(int wanted) throws IOException {
            byte[] chunk = new byte[SMALL_BUFFER];
            while (seen.size() < wanted) {
                int count = socket.getInputStream().read(chunk, 0, Math.min(chunk.length, wanted - seen.size()));
                assertTrue(count > 0, "the socket was closed");
                seen.write(chunk, 0, count);
            }
        }
    }
}
