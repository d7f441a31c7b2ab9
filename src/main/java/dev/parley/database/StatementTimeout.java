package dev.parley.database;

import io.vertx.pgclient.PgException;

/** The server's own limit on a statement. */
public final class StatementTimeout {

    private static final String CANCELED = "57014";

    private StatementTimeout() {
    }

    /** Whether the server ended a statement, which says that the connection is good: one that fell silent says nothing. */
    public static boolean ended(Throwable failure) {
        return failure instanceof PgException said && CANCELED.equals(said.getSqlState());
    }
}
