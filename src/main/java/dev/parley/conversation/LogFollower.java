package dev.parley.conversation;

import dev.parley.feed.OwnCommit;
import io.vertx.core.Future;
import io.vertx.sqlclient.SqlClient;
import java.util.Optional;
import java.util.function.Function;

/** Whoever delivers what is stored. Our own messages are stored without ringing the doorbell, so it is told. On the writer's event loop. */
public interface LogFollower {

    /** A batch of ours has committed: to be delivered as it is told, or read. @param commit null where no more is known */
    void committed(OwnCommit commit);

    /** Whether the rows of a commit are wanted. */
    boolean takesRows();

    /** A connection was opened for writing, and is not used yet. Any thread. */
    void connected();

    /**
     * Offers a connection for one short write that is looked at right behind.
     *
     * @return what the write gives, with nothing left to be told; empty when there is no such connection at the moment, and nothing was written
     */
    <T> Optional<Future<T>> readBehind(Function<SqlClient, Future<T>> write);
}
