package dev.parley.database;

/** The service cannot start with this database configuration; the message says what to change. */
public class DatabaseSetupException extends RuntimeException {

    public DatabaseSetupException(String message) {
        super(message);
    }

    public DatabaseSetupException(String message, Throwable cause) {
        super(message, cause);
    }
}
