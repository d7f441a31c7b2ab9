package dev.parley.page;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;

import org.junit.jupiter.api.Test;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.options.BoundingBox;

import dev.parley.testing.Sql;

/** Whoever reads a conversation has before him what he reads, however long it is and whatever happens in it. */
class MessageLogIT extends BrowserTest {

    @Test
    void olderMessagesComeInAboveWithoutMovingWhatIsRead() {
        String marker = unique("m");
        UUID conversation = conversationWith(130, marker);
        Person admin = person().opens(service.http("/admin#" + conversation).toString());
        admin.seesOnce(marker + " 130.");
        assertThat(admin.messages(marker)).hasCount(50);

        Locator oldest = admin.messages(marker + " 81.");
        oldest.scrollIntoViewIfNeeded();

        assertThat(admin.messages(marker)).hasCount(100);
        assertThat(oldest).isInViewport();
        admin.messages(marker + " 31.").scrollIntoViewIfNeeded();
        assertThat(admin.messages(marker)).hasCount(130);
        admin.hasNotComplained();
    }

    @Test
    void whoReadsAboveIsToldOfNewMessagesAndNotMoved() {
        String marker = unique("n");
        UUID conversation = conversationWith(60, marker);
        Person admin = person().opens(service.http("/admin#" + conversation).toString());
        admin.seesOnce(marker + " 60.");
        Locator read = admin.messages(marker + " 30.");
        read.scrollIntoViewIfNeeded();

        Sql.on(database).run("insert into messages (conversation_id, content) values (?, ?)", conversation, marker + " news");

        admin.sees("1 new message");
        assertThat(read).isInViewport();
        admin.presses("1 new message");
        assertThat(admin.messages(marker + " news")).isInViewport();
    }

    /** A browser tells a page of scrolling a frame later: who has just begun to read above is left there too. */
    @Test
    void aMessageThatComesInWhileTheLogIsBeingScrolledMovesNobody() {
        String marker = unique("s");
        UUID conversation = conversationWith(60, marker);
        Person admin = person();
        admin.page().addInitScript("""
                const Socket = WebSocket;
                window.WebSocket = class extends Socket {
                  constructor(...how) {
                    super(...how);
                    this.addEventListener("message", (frame) => window.beforeFrame?.(frame));
                  }
                };
                """);
        admin.opens(service.http("/admin#" + conversation).toString());
        admin.seesOnce(marker + " 60.");
        admin.page().evaluate("""
                (news) => {
                  window.beforeFrame = (frame) => {
                    if (String(frame.data).includes(news)) document.querySelector(".log").scrollTop = 600;
                  };
                }
                """, marker + " news");

        Sql.on(database).run("insert into messages (conversation_id, content) values (?, ?)", conversation, marker + " news");

        admin.sees("1 new message");
        assertThat(admin.messages(marker + " news")).not().isInViewport();
        admin.hasNotComplained();
    }

    @Test
    void aLogThatIsFollowedStaysShortAndCanBeReadBackToItsBeginning() {
        String marker = unique("l");
        UUID conversation = conversationWith(1, marker);
        Person admin = reader(conversation);
        admin.seesOnce(marker + " 1.");
        Locator messages = admin.page().locator(".message");
        for (int last = 300; last <= 1200; last += 300) {
            say(conversation, marker, last - 300 + (last == 300 ? 2 : 1), last);
            admin.seesOnce(marker + " " + last + ".");
        }
        assertTrue(messages.count() <= 800, () -> "rows in the log: " + messages.count());

        // an edit of a row that has left the log is there when it comes back
        Sql.on(database).run("update messages set content = content || ' Edited.' where conversation_id = ? and seq = 2", conversation);
        admin.page().waitForCondition(() -> {
            admin.page().locator(".log").evaluate("log => log.scrollTop = 0");
            return admin.messages(marker + " 1.").count() > 0 && messages.first().textContent().contains(marker + " 1.");
        });

        List<String> texts = messages.locator(".message-text").allTextContents();
        assertEquals(IntStream.rangeClosed(1, 1200).mapToObj(n -> marker + " " + n + "." + (n == 2 ? " Edited." : "")).toList(), texts);
        admin.hasNotComplained();
    }

    @Test
    void whatIsReadStaysInPlaceWhateverChangesAboveIt() {
        String marker = unique("p");
        UUID conversation = conversationWith(60, marker);
        Person admin = reader(conversation);
        admin.seesOnce(marker + " 60.");
        Locator read = admin.messages(marker + " 40.");
        read.scrollIntoViewIfNeeded();
        double top = top(read);

        Sql.on(database).run("update messages set content = repeat('a longer text ', 60) where conversation_id = ? and seq = 20", conversation);
        assertThat(admin.messages("a longer text")).hasCount(1);
        assertEquals(top, top(read), 2, "moved by an edit");
        Sql.on(database).run("delete from messages where conversation_id = ? and seq in (20, 21)", conversation);
        assertThat(admin.messages("a longer text")).hasCount(0);
        assertEquals(top, top(read), 2, "moved by a delete");
        Sql.on(database).run("update messages set content = repeat('words that break elsewhere ', 30) where conversation_id = ? and seq between 22 and 30", conversation);
        assertThat(admin.messages("words that break")).hasCount(9);
        admin.page().setViewportSize(900, 800);
        assertThat(read).isInViewport();
        admin.hasNotComplained();
    }

    @Test
    void aDraftOfManyLinesLeavesTheNewestMessageInSight() {
        String marker = unique("d");
        Person admin = reader(conversationWith(60, marker));
        admin.seesOnce(marker + " 60.");
        for (int line = 0; line < 8; line++) {
            admin.page().keyboard().type("line " + line);
            admin.page().keyboard().press("Shift+Enter");
        }
        assertThat(admin.messages(marker + " 60.")).isInViewport();
        assertThat(admin.page().locator(".to-bottom")).hasCount(0);
        assertTrue((double) admin.page().locator(".log").evaluate("log => log.scrollHeight - log.scrollTop - log.clientHeight + 0.1") < 2, "at its bottom");
    }

    @Test
    void nothingButTheLogScrolls() {
        String marker = unique("o");
        UUID conversation = conversationWith(60, marker);
        Person admin = reader(conversation);
        admin.seesOnce(marker + " 60.");
        Person customer = person();
        customer.page().addInitScript("localStorage.setItem('parley.conversation', '\"" + conversation + "\"')");
        customer.opens(service.http("/").toString());
        customer.seesOnce(marker + " 60.");
        for (Person person : List.of(admin, customer)) {
            assertEquals(List.of(), person.page().evaluate("""
                    () => [...document.querySelectorAll("*")]
                      .filter((e) => e.scrollHeight > e.clientHeight + 1 && !e.matches(".log, .list-scroll, .visually-hidden") && e.clientHeight > 100)
                      .map((e) => e.tagName + "." + e.className)"""));
        }
    }

    @Test
    void whoCopiesAMessageGetsItsText() {
        String text = unique("ABC-123");
        Person admin = reader(conversationWith(1, text));
        Locator message = admin.messages(text).locator(".message-text");
        message.click(new Locator.ClickOptions().setClickCount(3));
        assertEquals(text + " 1.", ((String) admin.page().evaluate("getSelection().toString()")).strip());
    }

    @Test
    void aDayOfAnotherYearNamesIt() {
        UUID conversation = conversationWith(1, unique("y"));
        Sql.on(database).run("update messages set created_at = '2019-03-03 12:00+00' where conversation_id = ?", conversation);
        assertThat(reader(conversation).page().locator(".day")).containsText("2019");
    }

    @Test
    void anAddressEndsWhereItsBracketsAreClosed() {
        UUID conversation = conversationWith(1, unique("a"));
        Sql.on(database).run("update messages set content = '(see https://example.com/wiki/Foo_(bar), or https://example.com/a)' where conversation_id = ?", conversation);
        assertThat(reader(conversation).page().locator(".message a")).hasText(new String[] {"https://example.com/wiki/Foo_(bar)", "https://example.com/a"});
    }

    private Person reader(UUID conversation) {
        return person().opens(service.http("/admin#" + conversation).toString());
    }

    private static double top(Locator row) {
        BoundingBox box = row.boundingBox();
        return box.y;
    }

    private static void say(UUID conversation, String marker, int first, int last) {
        Sql.on(database).run("insert into messages (conversation_id, content) select ?, ? || ' ' || n || '.' from generate_series(?, ?) n order by n", conversation, marker, first, last);
    }
}
