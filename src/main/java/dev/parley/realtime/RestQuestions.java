package dev.parley.realtime;

import dev.parley.access.Access;
import dev.parley.access.Caller;
import dev.parley.access.ChannelRights;
import dev.parley.access.PrivateChannelConfig;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;

/**
 * REST's questions to the policies: a caller's one after another, the callers in turn, and all of them on half of the connections at most. A batch asks about
 * a hundred topics, and one caller may have any number of batches under way: who joins a private channel does not wait behind all that. Any thread.
 */
@ApplicationScoped
class RestQuestions {

    private record Turn(Caller caller, String topic, long latest, Promise<ChannelRights> promise) {
    }

    /** What one caller still has to ask. */
    private static final class Line {

        final String name;
        final Queue<Turn> turns = new ArrayDeque<>();
        boolean asking;

        Line(String name) {
            this.name = name;
        }
    }

    private final Access access;
    private final int most;
    private final Map<String, Line> lines = new HashMap<>();
    /** Those that have something to ask and are not being answered. */
    private final Queue<Line> next = new ArrayDeque<>();
    private int asking;
    private boolean goingOn;

    RestQuestions(Access access, PrivateChannelConfig config) {
        this.access = access;
        this.most = Math.max(1, config.connections() / 2);
    }

    /**
     * What a caller may do on a private topic.
     *
     * @param name   whose turn it is
     * @param latest after that time, by {@link System#nanoTime}, nobody waits for the answer any more
     */
    Future<ChannelRights> ask(String name, Caller caller, String topic, long latest) {
        Turn turn = new Turn(caller, topic, latest, Promise.promise());
        if (access.knowsWhetherMayJoin(caller, topic)) {
            return rights(turn);
        }
        join(name, turn);
        goOn();
        return turn.promise.future();
    }

    private Future<ChannelRights> rights(Turn turn) {
        return Futures.of(access.mayJoin(turn.caller, turn.topic, true));
    }

    private synchronized void join(String name, Turn turn) {
        Line line = lines.computeIfAbsent(name, Line::new);
        if (line.turns.isEmpty() && !line.asking) {
            next.add(line);
        }
        line.turns.add(turn);
    }

    /** Asks whatever may be asked now. An answer that is there at once comes here again, and leaves it to the one that is here already. */
    private void goOn() {
        synchronized (this) {
            if (goingOn) {
                return;
            }
            goingOn = true;
        }
        for (Line line = first(); line != null; line = first()) {
            ask(line);
        }
    }

    private synchronized Line first() {
        Line line = asking < most ? next.poll() : null;
        if (line == null) {
            goingOn = false;
            return null;
        }
        asking++;
        line.asking = true;
        return line;
    }

    private void ask(Line line) {
        Turn turn = turn(line);
        Future<ChannelRights> rights;
        try {
            rights = System.nanoTime() - turn.latest > 0 ? Future.failedFuture("nobody waits for the answer any more") : rights(turn);
        } catch (RuntimeException e) {
            rights = Future.failedFuture(e);
        }
        rights.onComplete(done -> {
            answered(line);
            turn.promise.handle(done);
            goOn();
        });
    }

    private synchronized Turn turn(Line line) {
        return line.turns.remove();
    }

    private synchronized void answered(Line line) {
        asking--;
        line.asking = false;
        if (line.turns.isEmpty()) {
            lines.remove(line.name);
        } else {
            next.add(line);
        }
    }
}
