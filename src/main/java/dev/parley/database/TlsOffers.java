package dev.parley.database;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.impl.ContextInternal;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetClientOptions;
import io.vertx.core.net.NetSocket;
import io.vertx.core.net.SocketAddress;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.pgclient.PgException;
import io.vertx.pgclient.SslMode;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jboss.logging.Logger;

/**
 * Settles {@code sslmode=prefer}: a server is asked whether it takes TLS, and the answer holds for those who come within seconds. The client itself would try
 * twice for each connection, leave the first try open, and show what the second fails with. Any thread.
 */
@Singleton
class TlsOffers {

    private static final Logger LOG = Logger.getLogger(TlsOffers.class);
    private static final long HOLDS_NANOS = Duration.ofSeconds(10).toNanos();
    private static final int PATIENCE_SECONDS = 5;
    /** SSLRequest: a length and a number that is no version of the protocol. No buffer: of those none may be made while a native executable is built. */
    private static final int QUESTION_BYTES = 8;
    private static final int QUESTION = 80877103;
    private static final byte YES = 'S';
    private static final String NOT_LET_IN = "28000";

    private final Vertx vertx;
    private final Map<SocketAddress, Offer> offers = new ConcurrentHashMap<>();
    /** Which take TLS, but let us in without it alone. */
    private final Set<SocketAddress> plain = ConcurrentHashMap.newKeySet();

    TlsOffers(Vertx vertx) {
        this.vertx = vertx;
    }

    /** Connects by {@code connect}; a server that takes TLS and does not let us in is tried without, as JDBC does, and others follow if that helps. */
    <T> Future<T> connect(PgConnectOptions options, Function<PgConnectOptions, Future<T>> connect) {
        return settle(options).compose(settled -> connect.apply(settled).recover(failure -> {
            SocketAddress server = options.getSocketAddress();
            if (!(failure instanceof PgException refused) || !NOT_LET_IN.equals(refused.getSqlState()) || settled == options) {
                return Future.failedFuture(failure);
            }
            if (settled.getSslMode() != SslMode.REQUIRE) {
                plain.remove(server); // by now it is another that has this address
                return Future.failedFuture(failure);
            }
            return connect.apply(Encryption.without(new PgConnectOptions(settled))).onSuccess(connected -> {
                if (plain.add(server)) {
                    LOG.warnf("PostgreSQL at %s takes TLS and lets this role in without it only: connections are not encrypted", server);
                }
            }).recover(neither -> Future.failedFuture(failure));
        }));
    }

    private record Offer(Future<Boolean> answer, long askedAt) {

        boolean holds() {
            return !answer.failed() && System.nanoTime() - askedAt < HOLDS_NANOS;
        }
    }

    /** The same options, or some that prefer nothing any more. The future belongs to the caller's context. */
    Future<PgConnectOptions> settle(PgConnectOptions options) {
        ContextInternal context = (ContextInternal) vertx.getOrCreateContext();
        if (options.getSslMode() != SslMode.PREFER) {
            return context.succeededFuture(options);
        }
        if (plain.contains(options.getSocketAddress())) {
            return context.succeededFuture(Encryption.without(new PgConnectOptions(options)));
        }
        Promise<Boolean> answer = context.promise();
        offers.compute(options.getSocketAddress(), (server, before) -> before != null && before.holds() ? before : new Offer(ask(server), System.nanoTime()))
                .answer().onComplete(answer);
        return answer.future().map(yes -> {
            PgConnectOptions settled = new PgConnectOptions(options);
            return yes ? settled.setSslMode(SslMode.REQUIRE) : Encryption.without(settled);
        });
    }

    private Future<Boolean> ask(SocketAddress server) {
        NetClient client = vertx.createNetClient(new NetClientOptions().setConnectTimeout(PATIENCE_SECONDS * 1_000).setIdleTimeout(PATIENCE_SECONDS));
        return client.connect(server).compose(TlsOffers::ask).onComplete(asked -> client.close());
    }

    private static Future<Boolean> ask(NetSocket socket) {
        Promise<Boolean> answer = Promise.promise();
        // whatever else it says, it says again to the connection that is made without
        socket.handler(said -> answer.tryComplete(said.getByte(0) == YES));
        socket.closeHandler(gone -> answer.tryFail("the server does not say whether it takes TLS"));
        socket.write(Buffer.buffer().appendInt(QUESTION_BYTES).appendInt(QUESTION));
        return answer.future();
    }
}
