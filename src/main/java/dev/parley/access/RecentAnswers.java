package dev.parley.access;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;

/** What the policies said a moment ago, and what they are being asked: equal questions share an answer. No failure is kept. Any thread. */
final class RecentAnswers {

    /** @param claims a hash of them: tokens' contents need not lie in memory */
    record Question(String role, String subject, String claims, String topic) {

        static Question of(Caller caller, String topic) {
            return new Question(caller.role(), caller.subject(), VerifiedTokens.hash(caller.claims()), topic);
        }
    }

    /** A question on its way to an answer, and for a while that answer. */
    static final class Asking {

        private final Promise<ChannelRights> answer = Promise.promise();
        private volatile long wantedUntil;
        /** An answer is as old as its question: what has changed since then it may not know. */
        private volatile long askedAt;
        private volatile boolean begun;

        /**
         * Says that it is being asked now, at last: many may wait for that.
         *
         * @return whether somebody still waits for the answer
         */
        boolean begins() {
            begun = true;
            askedAt = System.nanoTime();
            return askedAt - wantedUntil < 0;
        }
    }

    private final long maxAgeNanos;
    private final long patienceNanos;
    private final int capacity;
    /** As many as there are in the time that one waits. */
    private final Map<Question, Asking> underWay = new HashMap<>();
    /** In the order in which they came. */
    private final Map<Question, Asking> answers = new LinkedHashMap<>();

    /**
     * @param patience how long whoever asks waits for the answer to be looked for
     * @param capacity how many answers are kept
     */
    RecentAnswers(Duration maxAge, Duration patience, int capacity) {
        this.maxAgeNanos = maxAge.toNanos();
        this.patienceNanos = patience.toNanos();
        this.capacity = capacity;
    }

    /** @param lately whether an answer of a moment ago will do, or only that to a question that has yet to be asked */
    Future<ChannelRights> get(Question question, boolean lately, Function<Asking, Future<ChannelRights>> ask) {
        long now = System.nanoTime();
        Asking mine;
        synchronized (this) {
            Asking known = lately ? known(question, now) : yetToBeAsked(question);
            if (known != null) {
                known.wantedUntil = now + patienceNanos;
                return known.answer.future();
            }
            mine = new Asking();
            mine.askedAt = now;
            mine.wantedUntil = now + patienceNanos;
            underWay.put(question, mine);
        }
        Future<ChannelRights> asked;
        try {
            asked = ask.apply(mine);
        } catch (RuntimeException e) {
            asked = Future.failedFuture(e);
        }
        asked.onComplete(done -> {
            settle(question, mine, done.succeeded());
            mine.answer.handle(done);
        });
        return mine.answer.future();
    }

    /** Whether who asks this now costs no question. */
    synchronized boolean has(Question question) {
        return known(question, System.nanoTime()) != null;
    }

    private Asking known(Question question, long now) {
        Asking asking = underWay.get(question);
        if (asking != null) {
            return asking;
        }
        Asking answered = answers.get(question);
        return answered != null && isFresh(answered, now) ? answered : null;
    }

    private Asking yetToBeAsked(Question question) {
        Asking asking = underWay.get(question);
        return asking == null || asking.begun ? null : asking;
    }

    private boolean isFresh(Asking answered, long now) {
        return now - answered.askedAt < maxAgeNanos;
    }

    private synchronized void settle(Question question, Asking asked, boolean answered) {
        underWay.remove(question, asked); // not another one's, that was to be no older than its asking
        Asking present = answers.get(question);
        if (answered && (present == null || asked.askedAt - present.askedAt >= 0)) {
            answers.remove(question); // or it would keep its place
            answers.put(question, asked);
            removeOld(System.nanoTime());
        }
    }

    private void removeOld(long now) {
        Iterator<Asking> oldest = answers.values().iterator();
        while (oldest.hasNext()) {
            Asking answered = oldest.next();
            if (answers.size() <= capacity && isFresh(answered, now)) {
                return;
            }
            oldest.remove();
        }
    }

    synchronized int size() {
        return underWay.size() + answers.size();
    }
}
