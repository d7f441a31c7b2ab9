package dev.parley.stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TurnsTest {

    private final Vertx vertx = Vertx.vertx();
    private final AtomicLong now = new AtomicLong();
    private final Turns turns = new Turns(vertx, 2, 10, now::get);
    private final List<Integer> begun = Collections.synchronizedList(new ArrayList<>());
    private final List<Promise<Integer>> work = new ArrayList<>();

    @AfterEach
    void close() {
        vertx.close();
    }

    @Test
    void soManyGoOnAtOnceAndTheOthersInTheirOrder() throws Exception {
        List<Future<Integer>> all = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            all.add(take(i));
        }
        assertEquals(List.of(0, 1), begun);
        work.get(1).complete(1);
        get(all.get(1));
        work.get(0).fail("lost");
        work.get(2).complete(2);
        get(all.get(2));
        work.get(3).complete(3);
        work.get(4).complete(4);
        assertEquals(4, get(all.get(4)));
        assertEquals(List.of(0, 1, 2, 3, 4), begun);
        assertTrue(all.get(0).failed());
        assertEquals(6, get(turns.take(() -> Future.succeededFuture(6))), "nothing that is over keeps its turn");
    }

    @Test
    void workThatThrowsGivesItsTurnBack() throws Exception {
        for (int i = 0; i < 3; i++) {
            Future<Object> thrown = turns.take(() -> {
                throw new IllegalStateException("not begun");
            });
            assertTrue(thrown.failed());
        }
        assertEquals(7, get(turns.take(() -> Future.succeededFuture(7))));
    }

    @Test
    void whatHasWaitedForTooLongFailsAndIsNotBegun() throws Exception {
        take(0);
        take(1);
        Future<Integer> late = take(2);
        now.addAndGet(TimeUnit.MILLISECONDS.toNanos(11));
        Future<Integer> fresh = take(3);
        work.get(0).complete(0);
        work.get(3).complete(3);
        assertEquals(3, get(fresh));
        assertTrue(late.failed());
        assertEquals(List.of(0, 1, 3), begun);
    }

    @Test
    void aTurnIsTakenOnTheContextOfWhoAskedForIt() throws Exception {
        take(0);
        take(1);
        Context context = vertx.getOrCreateContext();
        Promise<Context> seen = Promise.promise();
        context.runOnContext(ignored -> turns.take(() -> Future.succeededFuture(Vertx.currentContext())).onComplete(seen));
        Promise<Void> asked = Promise.promise();
        context.runOnContext(ignored -> asked.complete());
        get(asked.future());
        work.get(0).complete(0);
        assertSame(context, get(seen.future()));
    }

    private Future<Integer> take(int number) {
        Promise<Integer> promise = Promise.promise();
        work.add(promise);
        return turns.take(() -> {
            begun.add(number);
            return promise.future();
        });
    }

    private static <T> T get(Future<T> future) throws Exception {
        return future.toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    }
}
