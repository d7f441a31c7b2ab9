package dev.parley.database;

import java.security.GeneralSecurityException;
import java.sql.SQLException;

/**
 * Says in one line what keeps a database from being used and what to do about it.
 *
 * @param address {@code host:port/database}, without anything secret
 */
record DatabaseProblem(String address) {

    private static final int LONGEST = 500;

    /** For the database at this JDBC URL. */
    static DatabaseProblem at(String jdbcUrl) {
        return new DatabaseProblem(jdbcUrl.replaceFirst("^jdbc:postgresql:(//)?([^@/]*@)?", "").replaceFirst("\\?.*", ""));
    }

    String named(String problem) {
        String line = ("Database " + address + ": " + problem).replaceAll("\\s+", " ").strip();
        return line.length() <= LONGEST ? line : line.substring(0, LONGEST) + "…";
    }

    String describe(Throwable failure) {
        SQLException cause = sqlException(failure);
        return named(cause == null ? failure.getMessage() : describe(cause));
    }

    private static String describe(SQLException e) {
        String state = e.getSQLState() == null ? "" : e.getSQLState();
        String said = said(e);
        if (isOfCertificate(e)) {
            return "its certificate is not accepted (" + said + "): check sslmode and sslrootcert in quarkus.datasource.jdbc.url";
        }
        if (state.startsWith("08")) {
            return "can't be reached (" + said + ")";
        }
        return switch (state) {
            case "28P01", "28000" -> "refuses the login (" + said
                    + "): check quarkus.datasource.username and quarkus.datasource.password";
            case "3D000" -> "is not there (" + said + "): create it, or correct quarkus.datasource.jdbc.url";
            case "42501" -> "a right is missing (" + said
                    + "): the role needs CREATE on the database and, for the chat tables, on schema public";
            case "25006" -> "is read only (" + said + "): use the primary, not a standby";
            case "53300" -> "has no connection left (" + said + "): raise max_connections or lower the pool sizes";
            case "57P01", "57P02", "57P03" -> "is starting or stopping (" + said + ")";
            default -> said;
        };
    }

    /** That of a wrong host name the driver tells by its words alone. */
    private static boolean isOfCertificate(SQLException e) {
        for (Throwable t = e; t != null; t = t.getCause()) {
            if (t instanceof GeneralSecurityException) {
                return true;
            }
        }
        return e.getMessage().contains("could not be verified by hostnameverifier");
    }

    /** The driver's own message says little where an input or output error is behind it. */
    private static String said(SQLException e) {
        Throwable root = e;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        String message = root == e ? e.getMessage() : root.getClass().getSimpleName() + ": " + root.getMessage();
        return message.replaceFirst("^(FATAL|ERROR): ", "");
    }

    private static SQLException sqlException(Throwable failure) {
        SQLException deepest = null;
        for (Throwable t = failure; t != null; t = t.getCause()) {
            if (t instanceof SQLException sql && (deepest == null || sql.getSQLState() != null)) {
                deepest = sql;
            }
        }
        return deepest;
    }
}
