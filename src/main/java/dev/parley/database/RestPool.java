package dev.parley.database;

import io.quarkus.reactive.pg.client.PgPoolCreator;
import io.vertx.pgclient.PgBuilder;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.sqlclient.Pool;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * Makes Quarkus' pool, which serves REST, of connections that come back whatever happens. A statement that waits for a lock, or for longer than its caller
 * does, ends in the server. One whose peer is gone without a word would else keep its place in the pool until the system gives it up, after a quarter of an
 * hour: it closes when nothing has moved on it for a while.
 */
@Singleton
class RestPool implements PgPoolCreator {

    /** Shorter than a caller waits, 10 s. */
    private static final String SESSION = "set statement_timeout = '9s'" + Connections.SAME_TEXTS;
    /** Longer than that: the server itself is silent, so that no statement is left behind there. */
    private static final int SILENCE_SECONDS = 15;

    private final Encryption encryption;
    private final Connections connections;
    private final List<String> urls;

    RestPool(Encryption encryption, Connections connections, @ConfigProperty(name = DatabaseSetup.REACTIVE_URL) List<String> urls) {
        this.encryption = encryption;
        this.connections = connections;
        this.urls = urls;
    }

    @Override
    public Pool create(Input input) {
        // DatabaseSetup refuses more than one
        PgConnectOptions server = Connections.forAnyPooler(new PgConnectOptions(input.pgConnectOptionsList().get(0)));
        encryption.applyToQuarkusOwn(server, DatabaseUrls.encryption(urls.get(0)));
        server.setIdleTimeout(SILENCE_SECONDS).setIdleTimeoutUnit(TimeUnit.SECONDS);
        connections.forNext(server); // so that the answer is there when the first connection is made
        return PgBuilder.pool().with(input.poolOptions())
                .connectingTo(() -> connections.forNext(server))
                .using(input.vertx()).withConnectHandler(Connections.inSession(SESSION)).build();
    }
}
