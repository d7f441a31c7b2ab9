package dev.parley.broadcast;

import io.netty.channel.EventLoop;
import io.vertx.core.Vertx;
import io.vertx.core.impl.VertxInternal;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;

/** Event loops as sockets have them. */
final class Loops implements AutoCloseable {

    final Vertx vertx = Vertx.vertx();

    EventLoop next() {
        return ((VertxInternal) vertx).getEventLoopGroup().next();
    }

    static <T> T on(EventLoop loop, Callable<T> action) {
        try {
            return loop.submit(action).get(10, TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    static void on(EventLoop loop, Runnable action) {
        on(loop, () -> {
            action.run();
            return null;
        });
    }

    @Override
    public void close() {
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }
}
