package dev.parley.access;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;

/** What the policies said a moment ago, and what they are being asked: equal questions share an answer. No failure is kept. Any thread. */
final class RecentAnswers {

    /** @param claims a hash of them: tokens' contents need not lie in memory */
    record Question(String role, String subject, String claims, String topic) {

        static Question of(Caller caller, String topic) {
            return new Question(caller.role(), caller.subject(), VerifiedTokens.hash(caller.claims()), topic);
        }
    }

    /** @param askedAt an answer is as old as its question: what has changed since then it may not know */
    private record Answer(Future<ChannelRights> rights, long askedAt) {
    }

    private final long maxAgeNanos;
    private final int capacity;
    /** In the order in which they were asked. */
    private final Map<Question, Answer> answers = new LinkedHashMap<>();

    RecentAnswers(Duration maxAge, int capacity) {
        this.maxAgeNanos = maxAge.toNanos();
        this.capacity = capacity;
    }

    Future<ChannelRights> get(Question question, Supplier<Future<ChannelRights>> ask) {
        Promise<ChannelRights> promise = Promise.promise();
        Answer answer = new Answer(promise.future(), System.nanoTime());
        synchronized (this) {
            Answer known = answers.get(question);
            if (serves(known, answer.askedAt)) {
                return known.rights;
            }
            answers.remove(question); // or it would keep its place
            answers.put(question, answer);
            removeOld(answer.askedAt);
        }
        promise.future().onFailure(failure -> forget(question, answer));
        Future<ChannelRights> asked;
        try {
            asked = ask.get();
        } catch (RuntimeException e) {
            asked = Future.failedFuture(e);
        }
        asked.onComplete(promise);
        return answer.rights;
    }

    /** Whether who asks this now costs no question. */
    synchronized boolean has(Question question) {
        return serves(answers.get(question), System.nanoTime());
    }

    private boolean serves(Answer known, long now) {
        return known != null && (!known.rights.isComplete() || isFresh(known, now));
    }

    private boolean isFresh(Answer answer, long now) {
        return now - answer.askedAt < maxAgeNanos;
    }

    private void removeOld(long now) {
        Iterator<Answer> oldest = answers.values().iterator();
        while (oldest.hasNext()) {
            Answer answer = oldest.next();
            boolean over = answer.rights.isComplete() && !isFresh(answer, now);
            if (!over && answers.size() <= capacity) {
                return;
            }
            oldest.remove();
        }
    }

    private synchronized void forget(Question question, Answer answer) {
        answers.remove(question, answer);
    }

    synchronized int size() {
        return answers.size();
    }
}
