package dev.parley.database;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.pgclient.PgConnection;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Optional;

/**
 * The connection on which the schema is asked for. Where the schema is in place, the first to need a connection of its own goes on with it: to make another
 * (a process of PostgreSQL, which then reads the catalogue) would take longer than all that is asked. On the database's event loop.
 */
@ApplicationScoped
public class FirstConnection {

    private static final int CONNECT_MS = 2_000;
    private static final String READ_ONLY = "set default_transaction_read_only = on";

    private final Connections connections;
    private final DatabaseLoop loop;
    private PgConnection connection;
    private boolean found;
    private boolean unwanted;

    FirstConnection(Connections connections, DatabaseLoop loop) {
        this.connections = connections;
        this.loop = loop;
    }

    /** Whether the schema is the one that this version makes; fails when the database can't be asked. Once, any thread. */
    Future<Boolean> findsSchema(boolean chat) {
        Promise<Boolean> answer = Promise.promise();
        loop.context().runOnContext(ignored -> connect().compose(fresh -> ask(fresh, chat)).onComplete(answer));
        return answer.future();
    }

    /** Makes sure that its connections are sessions of their own, see {@link OwnSession}. Any thread. */
    Future<Void> requireOwnSession() {
        Promise<Void> answer = Promise.promise();
        loop.context().runOnContext(ignored -> connect().compose(PgConnection::close).onComplete(answer));
        return answer.future();
    }

    private Future<PgConnection> connect() {
        return connections.session(connections.options("parley-tail").setConnectTimeout(CONNECT_MS));
    }

    private Future<Boolean> ask(PgConnection fresh, boolean chat) {
        if (unwanted) {
            fresh.close();
            return Future.failedFuture("nobody waits for the answer any more");
        }
        connection = fresh;
        return fresh.query(READ_ONLY).execute().compose(done -> SchemaRecord.isCurrent(fresh, chat)).onComplete(current -> {
            found = current.succeeded() && current.result();
            if (!found) {
                close();
            }
        });
    }

    /** Nobody waits for the answer any more, or for the connection. Any thread. */
    void giveUp() {
        loop.context().runOnContext(ignored -> {
            unwanted = true;
            close();
        });
    }

    /** Gives it away, once; its session is read-only and otherwise as it was born. Whether it is still alive shows when it is used. */
    public Optional<PgConnection> take() {
        return found ? letGo() : Optional.empty();
    }

    private void close() {
        letGo().ifPresent(PgConnection::close);
    }

    private Optional<PgConnection> letGo() {
        Optional<PgConnection> held = Optional.ofNullable(connection);
        connection = null;
        return held;
    }
}
