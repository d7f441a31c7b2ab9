package dev.parley.page;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

import org.junit.jupiter.api.Test;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;

/** What the browser's library does with what a service may send, shown against a service that does as the test says. */
class ClientIT extends BrowserTest {

    @Test
    void aRepeatedMessageIsShownOnceAndTheStreamResumesAfterTheLastOne() {
        Person customer = person();
        ScriptedService script = new ScriptedService(customer.page());
        script.history();
        script.onConnect(1, stream -> {
            stream.live(0, "P0");
            stream.message(1, "once", "P1");
            stream.message(1, "once", "P1");
            stream.close(1012);
        });
        script.onConnect(2, stream -> {
            stream.message(1, "once", "P1");
            stream.message(2, "twice", "P2");
            stream.live(2, "P2");
        });
        customer.opens(script.conversation(service));

        customer.seesOnce("twice");
        customer.seesOnce("once");
        assertTrue(script.address(2).contains("after=1&position=P1"), script.address(2));
        customer.seesState("Connected");
    }

    @Test
    void aMessageThatComesAfterTheAnswerToItIsShownBeforeIt() {
        Person customer = person();
        ScriptedService script = new ScriptedService(customer.page());
        script.history();
        script.onConnect(1, stream -> {
            stream.live(0, "P0");
            stream.message(2, "the answer", "P1");
            stream.message(1, "the question", "P2");
            stream.message(2, "the answer", "P3");
        });
        customer.opens(script.conversation(service));

        assertThat(customer.page().locator(".message")).containsText(new String[] {"the question", "the answer"});
    }

    @Test
    void aResyncDropsWhatIsShownAndLoadsAfresh() {
        Person customer = person();
        ScriptedService script = new ScriptedService(customer.page());
        script.history("from before the restore");
        script.onConnect(1, stream -> stream.live(1, "P1"));
        customer.opens(script.conversation(service));
        customer.seesOnce("from before the restore");

        script.history("from after the restore");
        script.stream().resync();
        customer.seesState("Reconnecting…");
        script.stream().live(1, "Q1");

        customer.seesOnce("from after the restore");
        assertThat(customer.messages("from before the restore")).hasCount(0);
        customer.seesState("Connected");
        assertEquals(1, script.connections(), "the stream goes on after a resync");
    }

    @Test
    void aResyncLeavesWhoReadsAboveInPlaceUntilTheNewPageIsThere() {
        Person customer = person();
        ScriptedService script = new ScriptedService(customer.page());
        String[] history = IntStream.rangeClosed(1, 80).mapToObj(n -> "number " + n + ".").toArray(String[]::new);
        script.history(history);
        script.onConnect(1, stream -> stream.live(80, "P1"));
        customer.opens(script.conversation(service));
        customer.seesOnce("number 80.");
        customer.seesState("Connected");
        Locator read = customer.messages("number 40.");
        read.scrollIntoViewIfNeeded();

        script.history(Arrays.copyOfRange(history, 20, 80)); // less than was shown
        script.stream().resync();
        customer.seesState("Reconnecting…");
        assertThat(customer.page().locator(".message")).hasCount(80);
        assertThat(read).isInViewport();
        script.stream().live(60, "Q1");

        assertThat(customer.page().locator(".message")).hasCount(60);
        assertThat(read).isInViewport();
    }

    @Test
    void aSendWithoutAnswerGoesAgainUnderTheSameId() {
        Person customer = person();
        ScriptedService script = new ScriptedService(customer.page());
        script.history();
        script.onConnect(1, stream -> {
            stream.live(0, "P0");
            stream.onSend(id -> stream.close(4001));
        });
        script.onConnect(2, stream -> {
            stream.live(0, "P0");
            stream.onSend(id -> stream.ack(id, 1));
        });
        customer.opens(script.conversation(service));
        customer.seesState("Connected");

        customer.writes("say it once");

        customer.seesOnce("say it once");
        assertEquals(2, script.sent().size(), () -> "sends: " + script.sent());
        assertEquals(1, script.sent().stream().distinct().count(), () -> "ids: " + script.sent());
    }

    @Test
    void aMessageThatIsNeverAnsweredOnALiveStreamFailsInTheEndAndCanBeTriedAgain() {
        failsInTheEnd(ScriptedService.Stream::answersPings);
    }

    @Test
    void aMessageThatIsAnsweredWithErrorsAndLostConnectionsFailsInTheEndAndCanBeTriedAgain() {
        failsInTheEnd(stream -> stream.onSend(id -> {
            stream.error(id, "PARLEY-UNAVAILABLE");
            stream.close(1012);
        }));
    }

    @Test
    void aMessageThatCostsTheConnectionEachTimeFailsInTheEndAndCanBeTriedAgain() {
        failsInTheEnd(stream -> stream.onSend(id -> stream.close(1009)));
    }

    /** @param goesOn how a live stream goes on, each time that it is opened */
    private void failsInTheEnd(Consumer<ScriptedService.Stream> goesOn) {
        Person customer = person();
        ScriptedService script = new ScriptedService(customer.page());
        script.history();
        for (int connection = 1; connection <= 40; connection++) {
            script.onConnect(connection, stream -> {
                stream.live(0, "P0");
                goesOn.accept(stream);
            });
        }
        customer.page().clock().install();
        customer.opens(script.conversation(service));
        customer.seesState("Connected");
        customer.writes("does anybody hear me");

        // in steps, in which what is sent can be answered
        for (int step = 0; step < 120 && customer.page().locator(".message[data-delivery=failed]").count() == 0; step++) {
            customer.page().clock().runFor(2_000);
        }

        customer.seesOnce("does anybody hear me", "failed");
        int sent = script.sent().size();
        assertTrue(sent >= 6, () -> "sends: " + script.sent());
        customer.page().clock().runFor(16_000); // as long as it takes to connect again
        customer.seesState("Connected");
        assertEquals(sent, script.sent().size(), "a stream that opens again does not take it up");
        script.stream().onSend(id -> script.stream().ack(id, 1));
        customer.presses("Retry");
        customer.seesOnce("does anybody hear me");
        assertEquals(1, script.sent().stream().distinct().count(), () -> "ids: " + script.sent());
    }

    @Test
    void whatWasRefusedWaitsForWhoeverWroteItAlsoAfterAReload() {
        Person customer = person();
        ScriptedService script = new ScriptedService(customer.page());
        script.history();
        for (int connection = 1; connection <= 2; connection++) {
            script.onConnect(connection, stream -> {
                stream.live(0, "P0");
                stream.onSend(id -> stream.error(id, "PARLEY-INVALID-MESSAGE"));
            });
        }
        customer.opens(script.conversation(service));
        customer.writes("not like this");
        customer.seesOnce("not like this", "failed");
        Page later = customer.page().context().newPage();
        script.serves(later);
        later.navigate(script.conversation(service));
        assertThat(later.locator(".connection").first()).containsText("Connected");
        assertThat(later.locator(".message[data-delivery=failed]")).containsText("not like this");
        assertEquals(1, script.sent().size(), () -> "sends: " + script.sent());

        script.stream().onSend(id -> script.stream().ack(id, 1));
        later.getByText("Retry").focus();
        later.keyboard().press("Enter");
        assertThat(later.locator(".message[data-delivery=sent]")).containsText("not like this");
        assertThat(later.getByLabel("Messages", new Page.GetByLabelOptions().setExact(true))).isFocused(); // the button is gone
        assertEquals(1, script.sent().stream().distinct().count(), () -> "ids: " + script.sent());
    }

    /** Both sides' pages, and a conversation that neither has open. */
    @Test
    void whatWasLeftUnsentIsSentByThePageThatWroteItAlone() {
        Person admin = person();
        ScriptedService script = new ScriptedService(admin.page());
        script.history();
        script.onConnect(1, stream -> {
            stream.live(0, "P0");
            stream.onSend(id -> stream.ack(id, script.sent().size()));
        });
        admin.page().addInitScript("""
                const keep = (side, id) => localStorage.setItem(`parley.outbox.${side}%1$s.${id}`, JSON.stringify({ id, content: id, created_at: "2026-11-23T10:00:00.000Z" }));
                keep("customer.", "customers");
                keep("admin.", "admins");""".formatted(script.id()));
        admin.opens(service.http("/admin").toString());

        admin.page().waitForCondition(() -> !script.sent().isEmpty());
        assertTrue(script.address(1).contains("sender_role=admin"), script.address(1));
        admin.opens(service.http("/admin#" + script.id()).toString());
        admin.seesOnce("admins");
        assertEquals(List.of("admins"), script.sent());
        assertThat(admin.messages("customers")).hasCount(0);
    }

    @Test
    void whatOneTabCouldNotSendOutlivesWhatAnotherTabWrites() {
        Person customer = person();
        ScriptedService script = new ScriptedService(customer.page()); // no stream of it is live: nothing is sent
        script.history();
        customer.opens(script.conversation(service));
        Page other = customer.page().context().newPage();
        script.serves(other);
        other.navigate(script.conversation(service));

        customer.writes("from the one tab");
        customer.seesOnce("from the one tab", "sending");
        Locator box = other.getByLabel("Message", new Page.GetByLabelOptions().setExact(true));
        box.fill("from the other tab");
        box.press("Enter");
        assertThat(other.locator(".message")).hasCount(1);
        script.onConnect(3, stream -> {
            stream.live(0, "P0");
            stream.onSend(id -> stream.ack(id, script.sent().size()));
        });
        Page later = customer.page().context().newPage();
        script.serves(later);
        later.navigate(script.conversation(service));

        assertThat(later.locator(".message[data-delivery=sent]")).containsText(new String[] { "from the one tab", "from the other tab" });
        assertEquals(2, script.sent().size(), () -> "sends: " + script.sent());
    }

    @Test
    void whatWasKeptUnsentInOneListIsSentInItsOrder() {
        Person customer = person();
        ScriptedService script = new ScriptedService(customer.page());
        script.history();
        script.onConnect(1, stream -> {
            stream.live(0, "P0");
            stream.onSend(id -> stream.ack(id, script.sent().size()));
        });
        customer.page().addInitScript("""
                localStorage.setItem("parley.outbox.%s", JSON.stringify([
                  { id: "b", content: "written first", created_at: "2026-11-23T10:00:00.000Z" },
                  { id: "a", content: "written then", created_at: "2026-11-23T10:00:00.001Z" }]))""".formatted(script.id()));
        customer.opens(script.conversation(service));

        customer.seesOnce("written first");
        customer.seesOnce("written then");
        assertEquals(List.of("b", "a"), script.sent());
        assertEquals(List.of(), customer.page().evaluate("Object.keys(localStorage).filter((key) => key.includes('outbox'))"));
    }

    @Test
    void aBurstIsDrawnInFewStrokesAndEachMessageOfItIsTold() {
        Person customer = person();
        ScriptedService script = new ScriptedService(customer.page());
        script.history("from before");
        script.onConnect(1, stream -> stream.live(1, "P1"));
        customer.opens(script.conversation(service));
        customer.seesOnce("from before");
        customer.seesState("Connected");
        // what is told of is counted in the title of a page that is not looked at
        customer.page().evaluate("""
                () => {
                  Object.defineProperty(document, "visibilityState", { get: () => "hidden" });
                  window.strokes = 0;
                  new MutationObserver(() => window.strokes++).observe(document.querySelector(".messages"), { childList: true });
                }""");

        for (int seq = 2; seq <= 301; seq++) {
            script.stream().message(seq, "number " + seq + ".", "P" + seq);
        }

        customer.seesOnce("number 301.");
        assertThat(customer.page().locator(".message")).hasCount(301);
        assertThat(customer.page()).hasTitle(Pattern.compile("^\\(300\\) "));
        int strokes = (int) customer.page().evaluate("window.strokes");
        assertTrue(strokes <= 150, () -> "300 messages in strokes: " + strokes);
    }

    @Test
    void theConversationIsAskedForOnceAndAgainAfterAReconnect() {
        Person customer = person();
        customer.page().clock().install();
        ScriptedService script = connected(customer, 2);
        customer.page().waitForCondition(() -> script.reads() == 1);

        customer.page().clock().runFor(19_000); // a longer silence is asked for a sign of life
        assertEquals(1, script.reads(), "nothing has said that it changed");
        script.stream().close(1012);
        customer.page().clock().runFor(2_000);

        customer.page().waitForCondition(() -> script.connections() == 2);
        customer.page().waitForCondition(() -> script.reads() == 2);
    }

    @Test
    void aCloseThatSaysDoNotComeBackIsObeyed() {
        Person customer = person();
        ScriptedService script = new ScriptedService(customer.page());
        script.history();
        script.onConnect(1, stream -> {
            stream.live(0, "P0");
            stream.close(4104);
        });
        customer.page().clock().install();
        customer.opens(script.conversation(service));
        customer.seesState("Disconnected");

        customer.page().clock().runFor(120_000);

        assertEquals(1, script.connections());
    }

    @Test
    void aSilentStreamIsAskedForASignOfLifeAndReplaced() {
        Person customer = person();
        customer.page().clock().install();
        ScriptedService script = connected(customer, 2);

        customer.page().clock().runFor(40_000);

        customer.page().waitForCondition(() -> script.connections() == 2);
        assertThat(customer.page().locator(".connection")).containsText("Connected");
        assertEquals(1, script.pings(), "asked once before it was given up");
    }

    @Test
    void aSilentStreamIsReplacedThoughTheClockWasSetBack() {
        Person customer = person();
        customer.page().clock().install();
        ScriptedService script = connected(customer, 2);

        customer.page().clock().setSystemTime(System.currentTimeMillis() - 3_600_000);
        customer.page().clock().runFor(40_000);

        customer.page().waitForCondition(() -> script.connections() == 2);
    }

    @Test
    void aPageThatSleptAsksWhetherItsStreamIsStillThere() {
        Person customer = person();
        customer.page().clock().install();
        ScriptedService script = connected(customer, 2);

        customer.page().clock().fastForward(10_000);
        customer.page().clock().runFor(5_000);

        customer.page().waitForCondition(() -> script.connections() == 2);
        assertEquals(1, script.pings());
    }

    @Test
    void aSocketThatIsClosedWithoutSayingSoIsReplaced() {
        Person customer = person();
        ScriptedService script = connected(customer, 3);
        customer.page().evaluate("() => { window.WebSocket = class extends WebSocket { constructor(url) { super(url); window.latest = this; } }; }");
        script.stream().close(1012);
        customer.page().waitForCondition(() -> script.connections() == 2);

        customer.page().evaluate("() => Object.defineProperty(window.latest, 'readyState', { get: () => WebSocket.CLOSED })");

        customer.page().waitForCondition(() -> script.connections() == 3);
        customer.seesState("Connected");
    }

    @Test
    void afterWakingUpTheAttemptsComeSoonAgain() {
        Person customer = person();
        customer.page().clock().install();
        ScriptedService script = connected(customer, 1);
        refuses(customer, "true");
        script.stream().close(1012);
        customer.seesState("Reconnecting…");
        customer.page().clock().runFor(120_000);
        int before = attempts(customer);
        assertTrue(before > 5, () -> "attempts: " + before);

        // in one go: the clock of the test goes on by itself besides
        customer.page().evaluate("window.dispatchEvent(new Event('online'))");
        customer.page().clock().runFor(2_000);

        int after = attempts(customer) - before;
        assertTrue(after >= 3, () -> "attempts after it: " + after);
    }

    @Test
    void aServiceThatWasAwayForLongIsResumedWhereItStood() {
        Person customer = person();
        ScriptedService script = breaksAfterOneMessage(customer);
        refuses(customer, "attempt <= 3"); // the fourth comes after REST has answered

        script.stream().close(1012);

        customer.page().waitForCondition(() -> script.connections() == 2);
        assertTrue(script.address(2).contains("after=1&position=P1"), script.address(2));
        customer.seesState("Connected");
        customer.seesOnce("from before");
    }

    @Test
    void aProxyThatFindsNothingWhileTheServiceIsAwayEndsNoConversation() {
        Person customer = person();
        ScriptedService script = breaksAfterOneMessage(customer);
        refuses(customer, "attempt <= 4");
        script.hides(1);
        int reads = script.reads();

        script.stream().close(1012);

        customer.page().waitForCondition(() -> script.connections() == 2);
        assertTrue(script.reads() > reads, "the proxy was asked");
        customer.seesState("Connected");
        customer.seesOnce("from before");
        assertThat(customer.box()).isVisible();
    }

    @Test
    void aResumePointThatIsRefusedThoughRestAnswersIsGivenUp() {
        Person customer = person();
        ScriptedService script = breaksAfterOneMessage(customer);
        refuses(customer, "String(url).includes('position=')");

        script.history("from afresh");
        script.stream().close(1012);

        customer.page().waitForCondition(() -> script.connections() == 2);
        assertFalse(script.address(2).contains("position="), script.address(2));
        customer.seesOnce("from afresh");
        assertThat(customer.messages("from before")).hasCount(0);
    }

    @Test
    void whereNoStreamGetsThroughWhatIsThereIsShownAllTheSame() {
        Person customer = person();
        customer.page().clock().install();
        ScriptedService script = new ScriptedService(customer.page());
        script.history("by REST");
        customer.page().addInitScript("(" + refusing("true") + ")()");

        customer.opens(script.conversation(service));
        customer.page().waitForCondition(() -> {
            customer.page().clock().runFor(1_000);
            return customer.messages("by REST").count() == 1;
        });

        script.history("by REST", "and later");
        customer.page().waitForCondition(() -> {
            customer.page().clock().runFor(10_000);
            return customer.messages("and later").count() == 1;
        });
        customer.seesOnce("by REST");
        customer.seesState("Connecting…");
    }

    /** To an empty conversation, whose stream is there so many times. */
    private ScriptedService connected(Person customer, int times) {
        ScriptedService script = new ScriptedService(customer.page());
        script.history();
        for (int connection = 1; connection <= times; connection++) {
            script.onConnect(connection, stream -> stream.live(0, "P0"));
        }
        customer.opens(script.conversation(service));
        customer.seesState("Connected");
        return script;
    }

    private ScriptedService breaksAfterOneMessage(Person customer) {
        ScriptedService script = new ScriptedService(customer.page());
        script.history("from before");
        script.onConnect(1, stream -> stream.live(1, "P1"));
        script.onConnect(2, stream -> stream.live(1, "P1"));
        customer.opens(script.conversation(service));
        customer.seesOnce("from before");
        customer.seesState("Connected");
        return script;
    }

    /** From now on attempts at a stream of which this is true ({@code attempt} counts from 1, {@code url}) are refused at once. */
    private static void refuses(Person person, String which) {
        person.page().evaluate(refusing(which));
    }

    private static String refusing(String which) {
        return """
                () => {
                  const Socket = WebSocket;
                  window.attempts = 0;
                  window.WebSocket = class {
                    static CONNECTING = 0;
                    static OPEN = 1;
                    static CLOSED = 3;
                    readyState = 0;
                    constructor(url) {
                      const attempt = ++window.attempts;
                      if (!(%s)) return new Socket(url);
                      setTimeout(() => this.onclose?.({ code: 1006 }), 10);
                    }
                    close() {}
                  };
                }""".formatted(which);
    }

    private static int attempts(Person person) {
        return (int) person.page().evaluate("window.attempts");
    }
}
