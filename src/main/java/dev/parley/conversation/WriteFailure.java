package dev.parley.conversation;

import io.vertx.pgclient.PgException;

/** What to do when a whole batch failed. */
enum WriteFailure {

    /** Another transaction got in the way: the same batch works when repeated at once. */
    REPEAT,
    /** Something in the batch waits for a lock that nobody gives up: its messages must go one by one. */
    SPLIT,
    /** The database is away or unwell: try again after a pause. A batch whose answer was lost may be stored already; repeating finds its ids. */
    PAUSE;

    static WriteFailure of(Throwable failure) {
        if (failure instanceof PgException error && error.getSqlState() != null) {
            return switch (error.getSqlState()) {
                // serialization, deadlock, an id or a conversation that came or went at the same moment
                case "40001", "40P01", "23505", "23503" -> REPEAT;
                case "55P03" -> SPLIT;
                default -> switch (error.getSqlState().substring(0, 2)) {
                    // the data is at fault, or a constraint or trigger that somebody added
                    case "22", "23", "P0" -> SPLIT;
                    default -> PAUSE;
                };
            };
        }
        return PAUSE;
    }
}
