package dev.parley.conversation;

import io.smallrye.mutiny.TimeoutException;
import io.smallrye.mutiny.Uni;
import io.vertx.core.VertxException;
import io.vertx.pgclient.PgException;
import java.io.IOException;
import java.time.Duration;
import java.util.Set;

/** Tells the failures of the database apart that mean something to a client. */
final class DatabaseErrors {

    private static final String UNIQUE_VIOLATION = "23505";

    /** Classes of SQLSTATE that say "not now": connection, resources, operator's intervention, system; and a standby's refusal to write. */
    private static final Set<String> PASSING = Set.of("08", "53", "57", "58");
    private static final String READ_ONLY = "25006";

    /** A statement that waits for a lock or for a silent network longer than this is given up. */
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private DatabaseErrors() {
    }

    /** Lets a database call fail rather than wait for ever. */
    static <T> Uni<T> bounded(Uni<T> call) {
        return call.ifNoItem().after(PATIENCE).fail();
    }

    static boolean isUniqueViolation(Throwable failure) {
        PgException cause = cause(failure, PgException.class);
        return cause != null && UNIQUE_VIOLATION.equals(cause.getSqlState());
    }

    /** Whether the database is away, starting, stopping or full, so that the same request may succeed later. */
    static boolean isUnavailable(Throwable failure) {
        PgException refused = cause(failure, PgException.class);
        if (refused != null) {
            String state = refused.getSqlState();
            return state != null && (state.equals(READ_ONLY) || state.length() == 5 && PASSING.contains(state.substring(0, 2)));
        }
        return cause(failure, IOException.class) != null
                || cause(failure, TimeoutException.class) != null
                || cause(failure, VertxException.class) != null;
    }

    private static <T extends Throwable> T cause(Throwable failure, Class<T> type) {
        Throwable current = failure;
        for (int depth = 0; current != null && depth < 20; depth++, current = current.getCause()) {
            if (type.isInstance(current)) {
                return type.cast(current);
            }
        }
        return null;
    }
}
