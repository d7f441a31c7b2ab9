package dev.parley.conversation;

import io.smallrye.mutiny.Uni;
import java.util.function.Supplier;

/** Lets a call through when the access rule says so. */
final class Door {

    private Door() {
    }

    /** Makes the call when it is allowed, else fails with FORBIDDEN. */
    static <T> Uni<T> when(Uni<Boolean> allowed, Supplier<Uni<T>> call) {
        return allowed.flatMap(yes -> yes
                ? call.get()
                : Uni.createFrom().failure(new ParleyException(ErrorCode.FORBIDDEN, "this is not allowed to you")));
    }
}
