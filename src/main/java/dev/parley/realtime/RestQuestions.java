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
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Queue;

/**
 * REST's questions to the policies: a caller's one after another, the callers in turn, and all of them on half of the connections at most. A batch asks about
 * a hundred topics, and one caller may have any number of batches under way: who joins a private channel does not wait behind all that. Any thread.
 */
@ApplicationScoped
class RestQuestions {

    private static final int MAX_ANSWERED = 4_000;

    /** @param claims a hash of them: where two share one, a question is asked out of turn, no more */
    private record Question(String role, String subject, int claims, String topic) {
    }

    private record Turn(Question question, Caller caller, long latest, Promise<ChannelRights> promise) {
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
    private final long freshNanos;
    private final Map<String, Line> lines = new HashMap<>();
    /** Those that have something to ask and are not being answered. */
    private final Queue<Line> next = new ArrayDeque<>();
    private int asking;
    private boolean goingOn;
    /** What the policies were asked a moment ago: until when that answer still serves, and asking again costs no question. In the order of asking. */
    private final Map<Question, Long> answered = new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Question, Long> eldest) {
            return size() > MAX_ANSWERED;
        }
    };

    RestQuestions(Access access, PrivateChannelConfig config) {
        this.access = access;
        this.most = Math.max(1, config.connections() / 2);
        this.freshNanos = config.maxAnswerAge().toNanos();
    }

    /**
     * What a caller may do on a private topic.
     *
     * @param name   whose turn it is
     * @param latest after that time, by {@link System#nanoTime}, nobody waits for the answer any more
     */
    Future<ChannelRights> ask(String name, Caller caller, String topic, long latest) {
        Turn turn = new Turn(new Question(caller.role(), caller.subject(), caller.claims().hashCode(), topic), caller, latest, Promise.promise());
        if (isAnswered(turn.question)) {
            return rights(turn);
        }
        join(name, turn);
        goOn();
        return turn.promise.future();
    }

    private Future<ChannelRights> rights(Turn turn) {
        return Futures.of(access.mayJoin(turn.caller, turn.question.topic, true));
    }

    private synchronized boolean isAnswered(Question question) {
        Long until = answered.get(question);
        return until != null && System.nanoTime() - until < 0;
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
        long now = System.nanoTime();
        Future<ChannelRights> rights;
        try {
            rights = now - turn.latest > 0 ? Future.failedFuture("nobody waits for the answer any more") : rights(turn);
        } catch (RuntimeException e) {
            rights = Future.failedFuture(e);
        }
        if (!rights.isComplete()) {
            remember(turn.question, now + freshNanos); // one that is there at once is older
        }
        rights.onComplete(done -> {
            answered(line, turn.question, done.succeeded());
            turn.promise.handle(done);
            goOn();
        });
    }

    private synchronized Turn turn(Line line) {
        return line.turns.remove();
    }

    private synchronized void remember(Question question, long until) {
        answered.remove(question); // or it would keep its place
        answered.put(question, until);
    }

    private synchronized void answered(Line line, Question question, boolean well) {
        asking--;
        line.asking = false;
        if (line.turns.isEmpty()) {
            lines.remove(line.name);
        } else {
            next.add(line);
        }
        if (!well) {
            answered.remove(question);
        }
    }
}
