package dev.parley.access;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.parley.access.RecentAnswers.Asking;
import dev.parley.access.RecentAnswers.Question;
import dev.parley.testing.Await;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

class RecentAnswersTest {

    private static final Duration LONG = Duration.ofHours(1);

    private final List<Promise<ChannelRights>> asked = new ArrayList<>();
    private final List<Asking> askings = new ArrayList<>();

    @Test
    void equalQuestionsShareOneAnswerUnderWayAndAfterwards() {
        RecentAnswers answers = new RecentAnswers(LONG, LONG, 10);
        Future<ChannelRights> first = answers.get(question("anon", "ada", "room"), true, this::ask);
        assertSame(first, answers.get(question("anon", "ada", "room"), true, this::ask));
        asked.get(0).complete(ChannelRights.ALL);
        assertSame(first, answers.get(question("anon", "ada", "room"), true, this::ask));
        assertSame(ChannelRights.ALL, first.result());
        assertEquals(1, asked.size());
    }

    @Test
    void whoAsksWhatHoldsByNowSharesOnlyAQuestionThatHasYetToBeAsked() {
        RecentAnswers answers = new RecentAnswers(LONG, LONG, 10);
        Future<ChannelRights> first = answers.get(question("anon", "ada", "room"), true, this::ask);
        asked.get(0).complete(ChannelRights.NONE);
        Future<ChannelRights> byNow = answers.get(question("anon", "ada", "room"), false, this::ask);
        assertNotSame(first, byNow);
        assertSame(byNow, answers.get(question("anon", "ada", "room"), false, this::ask));
        assertTrue(askings.get(1).begins());
        Future<ChannelRights> later = answers.get(question("anon", "ada", "room"), false, this::ask);
        assertNotSame(byNow, later);
        asked.get(1).complete(ChannelRights.NONE);
        assertSame(later, answers.get(question("anon", "ada", "room"), true, this::ask), "still under way");
        asked.get(2).complete(ChannelRights.ALL);
        assertSame(ChannelRights.ALL, later.result());
        assertSame(later, answers.get(question("anon", "ada", "room"), true, this::ask));
        assertEquals(3, asked.size());
    }

    @Test
    void whoAsksAnythingElseGetsAnAnswerOfItsOwn() {
        RecentAnswers answers = new RecentAnswers(LONG, LONG, 10);
        answers.get(question("anon", "ada", "room"), true, this::ask);
        answers.get(question("authenticated", "ada", "room"), true, this::ask);
        answers.get(question("anon", "bob", "room"), true, this::ask);
        answers.get(question("anon", "ada", "Room"), true, this::ask);
        assertEquals(4, asked.size());
    }

    @Test
    void noFailureIsKept() {
        RecentAnswers answers = new RecentAnswers(LONG, LONG, 10);
        Future<ChannelRights> first = answers.get(question("anon", "ada", "room"), true, this::ask);
        asked.get(0).fail("away");
        assertTrue(first.failed());
        Future<ChannelRights> second = answers.get(question("anon", "ada", "room"), true, this::ask);
        assertNotSame(first, second);
        asked.get(1).complete(ChannelRights.NONE);
        assertSame(ChannelRights.NONE, second.result());
        Function<Asking, Future<ChannelRights>> broken = asking -> {
            throw new IllegalStateException("no pool");
        };
        assertTrue(answers.get(question("anon", "ada", "other"), true, broken).failed());
        assertEquals(1, answers.size());
    }

    @Test
    void anAnswerIsAsOldAsItsQuestion() {
        RecentAnswers answers = new RecentAnswers(Duration.ofMillis(1), LONG, 10);
        Future<ChannelRights> first = answers.get(question("anon", "ada", "room"), true, this::ask);
        Await.pause(Duration.ofMillis(2));
        assertSame(first, answers.get(question("anon", "ada", "room"), true, this::ask), "still under way");
        asked.get(0).complete(ChannelRights.ALL);
        assertNotSame(first, answers.get(question("anon", "ada", "room"), true, this::ask));
        assertEquals(1, answers.size());
    }

    @Test
    void theOldestGoFirstWhenThereAreTooMany() {
        RecentAnswers answers = new RecentAnswers(LONG, LONG, 10);
        for (int i = 0; i < 100; i++) {
            answers.get(question("anon", "ada", "room " + i), true, this::ask);
            asked.get(i).complete(ChannelRights.ALL);
            assertTrue(answers.size() <= 10);
        }
        answers.get(question("anon", "ada", "room 95"), true, this::ask);
        assertEquals(100, asked.size());
        answers.get(question("anon", "ada", "room 5"), true, this::ask);
        assertEquals(101, asked.size());
    }

    @Test
    void whatIsUnderWayIsSharedHoweverMuchThatIs() {
        RecentAnswers answers = new RecentAnswers(LONG, LONG, 10);
        for (int again = 0; again < 2; again++) {
            for (int i = 0; i < 100; i++) {
                answers.get(question("anon", "ada", "room " + i), true, this::ask);
            }
        }
        assertEquals(100, asked.size());
        asked.forEach(each -> each.complete(ChannelRights.ALL));
        assertEquals(10, answers.size());
    }

    @Test
    void nobodyWaitsLongerThanPatienceAllows() {
        RecentAnswers answers = new RecentAnswers(LONG, Duration.ofMillis(1), 10);
        answers.get(question("anon", "ada", "room"), true, this::ask);
        Await.pause(Duration.ofMillis(2));
        assertFalse(askings.get(0).begins());
    }

    @Test
    void whoAsksTheSameLaterWaitsTheWholeTimeToo() {
        RecentAnswers answers = new RecentAnswers(LONG, Duration.ofMillis(500), 10);
        long begun = System.nanoTime();
        answers.get(question("anon", "ada", "room"), true, this::ask);
        while (System.nanoTime() - begun < Duration.ofMillis(600).toNanos()) {
            Await.pause(Duration.ofMillis(20));
            answers.get(question("anon", "ada", "room"), true, this::ask);
        }
        assertTrue(askings.get(0).begins());
        assertEquals(1, asked.size());
    }

    @Test
    void theTimeInWhichAQuestionWaitedDoesNotAgeItsAnswer() {
        Duration age = Duration.ofMillis(500);
        RecentAnswers answers = new RecentAnswers(age, LONG, 10);
        Future<ChannelRights> first = answers.get(question("anon", "ada", "room"), true, this::ask);
        Await.pause(age.plusMillis(100));
        assertTrue(askings.get(0).begins());
        asked.get(0).complete(ChannelRights.ALL);
        assertSame(first, answers.get(question("anon", "ada", "room"), true, this::ask));
    }

    private Future<ChannelRights> ask(Asking asking) {
        askings.add(asking);
        return ask();
    }

    private Future<ChannelRights> ask() {
        Promise<ChannelRights> promise = Promise.promise();
        asked.add(promise);
        return promise.future();
    }

    private static Question question(String role, String subject, String topic) {
        return Question.of(new Caller(role, subject, "{\"sub\":\"" + subject + "\"}", null), topic);
    }
}
