package dev.parley.conversation;

import io.vertx.pgclient.PgException;

/** What to do when a whole batch failed. */
enum WriteFailure {

    /** Another transaction got in the way: the same batch works when repeated at once. */
    REPEAT,
    /** Something in the batch waits for a lock that nobody gives up: its messages must go one by one. */
    SPLIT,
    /** The database is away or unwell: try again after a pause. A batch whose answer was lost may be stored already; repeating finds its ids. */
    PAUSE,
    /** The server is unwell, or a trigger fails as if it were for some message: try again after a pause, and one by one when that goes on. */
    SUSPECT;

    /** A standby's, and a session's that may not write: no trigger's fault, and the same for all. */
    private static final String READ_ONLY = "25006";

    static WriteFailure of(Throwable failure) {
        if (failure instanceof PgException error && error.getSqlState() != null) {
            return switch (error.getSqlState()) {
                // serialization, deadlock, an id or a conversation that came or went at the same moment
                case "40001", "40P01", "23505", "23503" -> REPEAT;
                case "55P03" -> SPLIT;
                default -> switch (error.getSqlState().substring(0, 2)) {
                    // the server, the login, or a standby: it passes, or an operator mends it
                    case "08", "25", "28", "3D", "53" -> isOfTheSession(error) ? PAUSE : SUSPECT;
                    case "57", "58", "XX" -> error.getSqlState().startsWith("57P") ? PAUSE : SUSPECT;
                    // the data is at fault, or a constraint or trigger that somebody added
                    default -> SPLIT;
                };
            };
        }
        return PAUSE;
    }

    /**
     * Whether no message of this session can be stored. A server that does not let us in, or ends the session, says so with another severity than ERROR; an
     * ordinary error of these classes may be a trigger's, which can't reach another server, say, for one message. It may be a full disk as well: so the
     * message is never refused for it but waits by itself, as it does for a sick server, and is stored once there is room. Severities come in the
     * server's language: one that is not known counts as an ordinary error, which costs the others least.
     */
    private static boolean isOfTheSession(PgException error) {
        return READ_ONLY.equals(error.getSqlState()) || "FATAL".equals(error.getSeverity()) || "PANIC".equals(error.getSeverity());
    }

    /** Whether a constraint was violated: by a row that came or went at the same moment or, if it goes on, by a message. */
    static boolean isIntegrity(Throwable failure) {
        return hasClass(failure, "23");
    }

    /** Whether it lies with the database's set-up: a right that is missing, or a name that is not found, as by a trigger. */
    static boolean isSetUp(Throwable failure) {
        return hasClass(failure, "42") || hasClass(failure, "3F");
    }

    /** Whether a trigger gives messages other ids or senders. */
    static boolean isStray(Throwable failure) {
        return hasClass(failure, "PY");
    }

    private static boolean hasClass(Throwable failure, String first) {
        return failure instanceof PgException error && error.getSqlState() != null && error.getSqlState().startsWith(first);
    }
}
