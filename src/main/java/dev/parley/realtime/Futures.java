package dev.parley.realtime;

import io.smallrye.mutiny.Uni;
import io.vertx.core.Future;

/** From Mutiny to Vert.x, in which the protocol's steps are written. */
final class Futures {

    private Futures() {
    }

    static <T> Future<T> of(Uni<T> uni) {
        return Future.fromCompletionStage(uni.subscribeAsCompletionStage());
    }
}
