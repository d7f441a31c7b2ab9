package dev.parley.database;

import java.nio.file.Path;

/** A PostgreSQL server that belongs to this process, reachable on the loopback address only. */
public interface EmbeddedServer extends AutoCloseable {

    /** The superuser, who needs no password. */
    String USER = "postgres";

    /** The port it listens on. */
    int port();

    /** The server's version, for people. */
    String version();

    /** Stops the server and gives its folder free; a second call does nothing. */
    @Override
    void close();

    /**
     * Starts servers. Found by {@link java.util.ServiceLoader}, so that a native image, which holds no server, has none
     * instead of dragging its classes in.
     */
    interface Starter {

        /**
         * Starts a server and returns once it accepts connections; makes the data folder when it is not there.
         *
         * @throws DatabaseSetupException when it cannot be started, with what to do about it
         */
        EmbeddedServer start(Options options);
    }

    /**
     * How to run a server.
     *
     * @param data its data folder
     * @param port 0 for any free one
     * @param durable whether a commit reaches the disk and the folder outlives the server; a throw-away server is faster
     */
    record Options(Path data, int port, boolean durable) {}
}
