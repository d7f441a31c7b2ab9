package dev.parley.database;

import io.vertx.pgclient.PgException;

/** The server's own limit on a statement. */
public final class StatementTimeout {

    private static final String CANCELED = "57014";
    /** By a limit on the transaction, which ends the session too; ours have none unless somebody's trigger sets one. */
    private static final String TRANSACTION_TIMEOUT = "25P04";

    private StatementTimeout() {
    }

    /** Whether the server ended a statement because it took too long. The server is there, then: one that fell silent says nothing. */
    public static boolean ended(Throwable failure) {
        return failure instanceof PgException said && (CANCELED.equals(said.getSqlState()) || TRANSACTION_TIMEOUT.equals(said.getSqlState()));
    }
}
