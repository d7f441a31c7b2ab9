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

    private final Connections connections;
    private final DatabaseLoop loop;
    private PgConnection connection;
    private boolean unwanted;

    FirstConnection(Connections connections, DatabaseLoop loop) {
        this.connections = connections;
        this.loop = loop;
    }

    /** Whether the schema is the one that this version makes; fails when the database can't be asked. Any thread. */
    Future<Boolean> findsSchema(boolean chat) {
        Promise<Boolean> answer = Promise.promise();
        loop.context().runOnContext(ignored -> connections
                .connect(connections.options("parley-tail").setConnectTimeout(CONNECT_MS), "set default_transaction_read_only = on")
                .compose(fresh -> SchemaRecord.isCurrent(fresh, chat).onComplete(current -> {
                    if (current.succeeded() && current.result() && !unwanted) {
                        connection = fresh;
                    } else {
                        fresh.close();
                    }
                })).onComplete(answer));
        return answer.future();
    }

    /** Nobody waits for the answer any more. Any thread. */
    void giveUp() {
        loop.context().runOnContext(ignored -> {
            unwanted = true;
            take().ifPresent(PgConnection::close);
        });
    }

    /** Gives it away, once; its session is read-only and otherwise as it was born. Whether it is still alive shows when it is used. */
    public Optional<PgConnection> take() {
        Optional<PgConnection> taken = Optional.ofNullable(connection);
        connection = null;
        return taken;
    }
}
