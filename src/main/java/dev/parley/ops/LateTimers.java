package dev.parley.ops;

import io.quarkus.logging.LoggingFilter;
import java.util.logging.Filter;
import java.util.logging.LogRecord;

/**
 * Keeps out of the log what the database client (4.5) throws for each question that failed before it got a connection: ten seconds later its timer, which nobody
 * has cancelled, fails it once more. After an outage these would be a stack trace for each request, and nothing for anybody to do.
 */
@LoggingFilter(name = "late-timers")
public final class LateTimers implements Filter {

    private static final String POOL = "io.vertx.sqlclient.impl.pool.";
    private static final int FRAMES = 3;

    @Override
    public boolean isLoggable(LogRecord entry) {
        return !(entry.getThrown() instanceof IllegalStateException thrown) || !isOfPool(thrown.getStackTrace());
    }

    private static boolean isOfPool(StackTraceElement[] trace) {
        for (int i = 0; i < Math.min(FRAMES, trace.length); i++) {
            if (trace[i].getClassName().startsWith(POOL)) {
                return true;
            }
        }
        return false;
    }
}
