package dev.parley.stream;

import dev.parley.broadcast.EphemeralBus;
import dev.parley.conversation.LogFollower;
import dev.parley.feed.Doorbell;
import dev.parley.feed.OwnCommit;
import dev.parley.feed.Tail;
import io.vertx.core.Future;
import io.vertx.sqlclient.SqlClient;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Optional;
import java.util.function.Function;

/** Our own batches commit without ringing: the own tail is told in the process what they stored, and the other replicas, if there are any, are rung once for many. */
@ApplicationScoped
class WakeOnCommit implements LogFollower {

    private final Tail tail;
    private final Doorbell doorbell;
    private final EphemeralBus bus;

    WakeOnCommit(Tail tail, Doorbell doorbell, EphemeralBus bus) {
        this.tail = tail;
        this.doorbell = doorbell;
        this.bus = bus;
    }

    @Override
    public void committed(OwnCommit commit) {
        if (commit == null) {
            tail.ring();
        } else {
            tail.committed(commit);
        }
        ringOthers();
    }

    @Override
    public boolean takesRows() {
        return tail.takesRows();
    }

    @Override
    public void connected() {
        tail.writerConnected();
    }

    @Override
    public <T> Optional<Future<T>> readBehind(Function<SqlClient, Future<T>> write) {
        return tail.readBehind(write).map(written -> written.onSuccess(done -> ringOthers()));
    }

    private void ringOthers() {
        if (bus.reachesOthers()) {
            doorbell.ringOthers();
        }
    }
}
