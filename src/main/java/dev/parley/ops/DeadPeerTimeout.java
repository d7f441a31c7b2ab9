package dev.parley.ops;

import dev.parley.socket.SocketConfig;
import io.quarkus.vertx.http.HttpServerOptionsCustomizer;
import io.vertx.core.http.HttpServerOptions;
import jakarta.inject.Singleton;
import java.util.concurrent.TimeUnit;

/**
 * Drops a connection that nothing has been received on for a while. It looks at reading only: the pings that the service
 * sends count as traffic for the plain idle timeout, and would keep a dead peer for ever; their answers keep a live one.
 */
@Singleton
class DeadPeerTimeout implements HttpServerOptionsCustomizer {

    /** For the answer to a close frame. Shorter than quarkus.shutdown.delay: no socket may outlive what it needs. */
    private static final int CLOSING_SECONDS = 1;

    private final SocketConfig config;

    DeadPeerTimeout(SocketConfig config) {
        this.config = config;
    }

    @Override
    public void customizeHttpServer(HttpServerOptions options) {
        // The unit is shared with the plain idle timeout, which Quarkus sets in milliseconds
        options.setIdleTimeoutUnit(TimeUnit.MILLISECONDS).setReadIdleTimeout(Math.toIntExact(config.idleTimeout().toMillis()))
                .setWebSocketClosingTimeout(CLOSING_SECONDS);
    }

    @Override
    public void customizeHttpsServer(HttpServerOptions options) {
        customizeHttpServer(options);
    }
}
