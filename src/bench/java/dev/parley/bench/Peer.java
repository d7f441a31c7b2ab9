package dev.parley.bench;

import java.util.Optional;
import java.util.function.Consumer;

/** A peer that may not be installed, closed with what it is measured for. */
record Peer(Optional<Server> server) implements AutoCloseable {

    static Peer of(Optional<Server> server) {
        return new Peer(server);
    }

    void ifThere(Consumer<Server> action) {
        server.ifPresent(action);
    }

    @Override
    public void close() {
        server.ifPresent(Server::close);
    }
}
