package dev.parley.changes;

import dev.parley.changes.Question.Case;
import dev.parley.changes.SlowFilters.Standing;
import dev.parley.database.StatementTimeout;
import io.vertx.core.Future;
import io.vertx.pgclient.PgException;
import io.vertx.sqlclient.RowSet;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * The questions about one page, one after the other: delivery waits for all of them anyway, and the pages of other tables have a session too. First those about
 * filters of which nothing bad is known, many at once; then, on a session where nobody else waits, each of those by itself that may be too slow.
 */
final class Inquiry {

    /** A statement that takes so much of its second makes its filters suspects. */
    private static final long MUCH_NANOS = TimeUnit.MILLISECONDS.toNanos(500);
    /** A suspect that takes no longer by itself was in bad company. */
    private static final long LITTLE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private final FilterPool together;
    private final FilterPool apart;
    private final SlowFilters slow;
    private final List<Judgement> judgements;
    private final long mostNanos;
    private final boolean patient;
    private final Deque<Question> questions = new ArrayDeque<>();
    private final Deque<Question> suspects = new ArrayDeque<>();
    /**
     * By the server: waiting for a session is not this page's fault. Who is patient may have many filters and rows, and is answered as long as the answers
     * come in time.
     */
    private long spentNanos;

    /**
     * @param judgements to be completed
     * @param mostMillis what has not been answered once the server has worked for so long is refused
     * @param patient    whether suspects are asked; otherwise they are refused
     */
    Inquiry(FilterPool together, FilterPool apart, SlowFilters slow, List<Judgement> judgements, long mostMillis, boolean patient) {
        this.together = together;
        this.apart = apart;
        this.slow = slow;
        this.judgements = judgements;
        this.mostNanos = TimeUnit.MILLISECONDS.toNanos(mostMillis);
        this.patient = patient;
    }

    void add(Question question) {
        questions.add(question);
    }

    /** A question about a suspect alone. */
    void addSuspect(Question question) {
        if (patient) {
            suspects.add(question);
        } else {
            question.refuse(FilterException.tooSlow(), judgements);
        }
    }

    Future<List<Judgement>> answer() {
        return answer(questions, together).compose(done -> answer(suspects, apart)).map(judgements);
    }

    private Future<Void> answer(Deque<Question> open, FilterPool database) {
        for (Question next; (next = open.poll()) != null; ) {
            Question question = next.open(judgements);
            if (question.cases().isEmpty()) {
                continue;
            }
            if (isOver()) {
                refuse(question);
                continue;
            }
            return ask(database, question).compose(done -> answer(open, database));
        }
        return Future.succeededFuture();
    }

    private boolean isOver() {
        return spentNanos >= mostNanos;
    }

    private Future<Void> ask(FilterPool database, Question question) {
        boolean alone = database == apart;
        long[] begun = {System.nanoTime()};
        return database.ask(question.sql(), question.parameters(), () -> {
            begun[0] = System.nanoTime();
            return isStillToBeAsked(question, alone);
        }).transform(asked -> {
            if (asked.cause() == FilterPool.NOT_ASKED) {
                divide(question);
                return Future.succeededFuture();
            }
            long took = System.nanoTime() - begun[0];
            if (!patient || alone || asked.failed()) {
                spentNanos += took;
            }
            if (asked.failed()) {
                return blame(question, asked.cause(), alone);
            }
            take(question, asked.result());
            if (alone && took < LITTLE_NANOS && !question.again()) {
                mark(question, Standing.GOOD);
            } else if (!alone && took > MUCH_NANOS) {
                mark(question, Standing.SUSPECT);
            }
            return Future.succeededFuture();
        });
    }

    /** Whether nothing has been found out while it waited for a session, by others who ask about the same filters. */
    private boolean isStillToBeAsked(Question question, boolean alone) {
        return question.cases().stream().map(each -> slow.of(each.filter())).allMatch(standing -> alone ? standing != Standing.SLOW : standing == Standing.GOOD);
    }

    /** Goes on with the filters that it was about by what is known of each by now. */
    private void divide(Question question) {
        Map<Standing, List<Case>> cases = question.cases().stream().collect(Collectors.groupingBy(each -> slow.of(each.filter())));
        question.of(cases.getOrDefault(Standing.SLOW, List.of())).refuse(FilterException.tooSlow(), judgements);
        question.of(cases.getOrDefault(Standing.SUSPECT, List.of())).byFilter().forEach(this::addSuspect);
        questions.addFirst(question.of(cases.getOrDefault(Standing.GOOD, List.of())));
    }

    private void take(Question question, RowSet<io.vertx.sqlclient.Row> pairs) {
        pairs.forEach(pair -> question.match(pair.getInteger(0), pair.getInteger(1), judgements));
    }

    /** Finds out which filter, and for one that takes too long which row, was too much. */
    private Future<Void> blame(Question question, Throwable failure, boolean alone) {
        if (StatementTimeout.ended(failure)) {
            if (alone) {
                suspectsRows(question);
            } else {
                mark(question, Standing.SUSPECT);
                question.byFilter().forEach(this::addSuspect);
            }
            return Future.succeededFuture();
        }
        PgException said = FilterPool.objection(failure);
        if (said == null) {
            return Future.failedFuture(failure);
        }
        List<Question> halves = question.halves();
        if (halves.isEmpty()) {
            question.refuse(FilterException.database(said.getSqlState(), said.getErrorMessage()), judgements);
        } else {
            halves.forEach(questions::addFirst);
        }
        return Future.succeededFuture();
    }

    /** Many rows may be too much for a server that has other things to do, where each by itself is not. */
    private void suspectsRows(Question question) {
        List<Question> halves = question.halvesOfRows();
        if (halves.isEmpty()) {
            mark(question, Standing.SLOW);
            question.refuse(FilterException.tooSlow(), judgements);
        } else {
            mark(question, Standing.SUSPECT);
            suspects.addAll(halves); // behind those that have not been asked yet
        }
    }

    private void refuse(Question question) {
        if (question.again()) {
            mark(question, Standing.SLOW);
        }
        question.refuse(FilterException.tooSlow(), judgements);
    }

    private void mark(Question question, Standing standing) {
        for (Case each : question.cases()) {
            slow.mark(each.filter(), standing);
        }
    }
}
