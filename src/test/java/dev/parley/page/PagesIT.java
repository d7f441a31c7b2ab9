package dev.parley.page;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.http.HttpResponse;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;

import org.junit.jupiter.api.Test;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.assertions.LocatorAssertions;

import dev.parley.testing.Http;
import dev.parley.testing.Sql;

/** What two people at two browsers are promised. */
class PagesIT extends BrowserTest {

    @Test
    void whatOneSideSendsAppearsAtTheOtherWithoutReload() {
        String question = unique("Where is my parcel?");
        String answer = unique("It is on its way.");
        String thanks = unique("Thank you.");
        Person admin = admin();
        Person customer = customer();

        customer.writes(question);
        admin.item(question).click();
        admin.seesOnce(question);
        admin.writes(answer);
        customer.seesOnce(answer);
        customer.writes(thanks);

        admin.seesOnce(thanks);
        customer.seesOnce(question);
        customer.seesOnce(thanks);
        admin.seesOnce(answer);
        customer.hasNeitherReloadedNorComplained();
        admin.hasNeitherReloadedNorComplained();
    }

    @Test
    void aNewConversationAppearsInTheListByItself() {
        Person admin = admin();
        admin.seesState("Connected");
        String first = unique("Hello, is this the list?");

        customer().writes(first);

        assertThat(admin.item(first)).hasCount(1);
        assertThat(admin.item(first)).hasAttribute("data-unread", "true");
        assertThat(admin.page().locator(".item").first()).containsText(first);
        admin.hasNeitherReloadedNorComplained();
    }

    @Test
    void aConversationWithNewActivityMovesToTheTop() {
        String older = unique("I was here first.");
        Person admin = admin();
        Person customer = customerWhoSent(older);
        String younger = unique("I came later.");
        customerWhoSent(younger);
        assertThat(admin.page().locator(".item").first()).containsText(younger);

        String again = unique("Still here.");
        customer.writes(again);

        assertThat(admin.page().locator(".item").first()).containsText(again);
    }

    @Test
    void anItemThatComesUpMovesAloneAndTakesTheFocusWithIt() {
        String marker = unique("up");
        Sql.on(database).run("insert into conversations (subject, created_at) select ? || ' ' || n || '.', now() - n * interval '1 ms' from generate_series(1, 40) n", marker);
        Person admin = admin();
        assertThat(admin.item(marker)).hasCount(40);
        admin.seesState("Connected");
        admin.item(marker + " 40.").focus();
        admin.page().evaluate("""
                () => {
                  window.moved = 0;
                  new MutationObserver((changes) => changes.forEach((c) => window.moved += c.addedNodes.length))
                    .observe(document.querySelector(".list-scroll ul"), { childList: true });
                }""");

        Sql.on(database).run("insert into messages (conversation_id, content) select id, 'moved ' || subject from conversations where subject = ?", marker + " 40.");

        assertThat(admin.page().locator(".item").first()).containsText("moved " + marker);
        assertThat(admin.page().locator(".item").first()).isFocused();
        assertEquals(1, admin.page().evaluate("window.moved"));
        admin.page().keyboard().press("ArrowDown");
        assertThat(admin.page().locator(".item").nth(1)).isFocused();
        admin.hasNotComplained();
    }

    @Test
    void aRowInsertedBySqlAppearsInBothPages() {
        String first = unique("Does SQL count?");
        String inserted = unique("inserted by another program");
        Person customer = customerWhoSent(first);
        Person admin = adminWhoReads(first);

        Sql.on(database).run("""
                insert into messages (conversation_id, content, sender_id, sender_role)
                select conversation_id, ?, 'robot', 'admin' from messages where content = ?""", inserted, first);

        customer.seesOnce(inserted);
        admin.seesOnce(inserted);
    }

    @Test
    void theListShowsTheNewestMessageAsItWasChangedAlsoAfterANewerOneWasDeleted() {
        String first = unique("It was my mistake.");
        String second = unique("Forget that.");
        String changed = unique("It was nobody's mistake.");
        Person admin = admin();
        Person customer = customerWhoSent(first);
        customer.writes(second);
        assertThat(admin.item(second)).hasCount(1);
        Sql.on(database).run("delete from messages where content = ?", second);
        assertThat(admin.item(first)).hasCount(1);

        Sql.on(database).run("update messages set content = ? where content = ?", changed, first);

        assertThat(admin.item(changed)).hasCount(1);
        assertThat(admin.item(first)).hasCount(0);
        admin.hasNeitherReloadedNorComplained();
    }

    @Test
    void inPlaceOfAMessageThatIsTooLargeStandsThatLiveAndLoaded() {
        String first = unique("How large may it be?");
        String tooLarge = "too large to be shown";
        Person customer = customerWhoSent(first);
        Person admin = adminWhoReads(first);

        Sql.on(database).run("""
                insert into messages (conversation_id, content, sender_id, sender_role)
                select conversation_id, repeat('nine bytes', 900000), 'robot', 'customer' from messages where content = ?""", first);

        assertThat(customer.messages(tooLarge)).hasCount(1);
        assertThat(admin.messages(tooLarge)).hasCount(1);
        assertThat(admin.page().locator(".item").first()).containsText(tooLarge);
        admin.hasNeitherReloadedNorComplained();
        Person late = admin();
        assertThat(late.page().locator(".item").first()).containsText(tooLarge);
        late.screenshot("too-large");
        late.hasNotComplained();
        customer.reloads();
        assertThat(customer.messages(tooLarge)).hasCount(1);
        customer.hasNotComplained();
        // others' lists begin with it no longer
        Sql.on(database).run("delete from messages where octet_length(content) > 8000000");
    }

    @Test
    void typingShowsAtTheOtherSideAndHidesByItself() {
        String first = unique("I will type now.");
        Person customer = customerWhoSent(first);
        Person admin = person();
        admin.page().clock().install();
        reads(admin.opens(service.http("/admin").toString()), first);

        customer.types("hm");
        assertThat(admin.page().locator(".typing")).containsText("is typing");
        assertThat(admin.item("typing…")).hasCount(1);
        admin.page().clock().runFor(4_000); // most of the time that it shows
        assertThat(admin.page().locator(".typing")).isEmpty(new LocatorAssertions.IsEmptyOptions().setTimeout(8_000));

        admin.types("let me see");
        assertThat(customer.page().locator(".typing")).containsText("Support is typing");
        String answer = unique("Done.");
        admin.writes(answer);
        customer.seesOnce(answer);
        assertThat(customer.page().locator(".typing")).isEmpty(new LocatorAssertions.IsEmptyOptions().setTimeout(1_000));
    }

    @Test
    void aChatIsBegunWhereTheBrowserKeepsNothing() {
        Person customer = person();
        customer.page().addInitScript("Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('forbidden', 'SecurityError'); } })");
        String first = unique("No cookies, please.");
        customer.opens(service.http("/").toString()).writes(first);
        customer.seesOnce(first);
        assertEquals(1, rows(first));
    }

    @Test
    void enterThatTakesACandidateOfAnInputMethodDoesNotSend() {
        String text = unique("half a word");
        Person customer = customerWhoSent(unique("With an input method."));
        customer.types(text);
        customer.box().evaluate("box => box.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', keyCode: 229, bubbles: true, cancelable: true }))");
        assertThat(customer.box()).hasValue(text);
        assertThat(customer.messages(text)).hasCount(0);
        customer.box().press("Enter");
        customer.seesOnce(text);
    }

    @Test
    void whatIsReadInOneTabIsReadInTheOther() {
        String first = unique("Read me somewhere.");
        Person admin = admin();
        Page other = admin.page().context().newPage();
        other.navigate(service.http("/admin").toString());
        customerWhoSent(first);
        Locator there = other.locator(".item").filter(new Locator.FilterOptions().setHasText(first));
        assertThat(there).hasAttribute("data-unread", "true");
        admin.item(first).click();
        assertThat(there).not().hasAttribute("data-unread", "true");
        String second = unique("Another one, for which both tabs keep a mark.");
        customerWhoSent(second);
        other.locator(".item").filter(new Locator.FilterOptions().setHasText(second)).click();
        assertThat(other.locator(".message")).hasCount(1);
        other.reload();
        assertThat(there).hasCount(1);
        assertThat(there).not().hasAttribute("data-unread", "true");
    }

    @Test
    void conversationsThatNobodyReadTakeNoPlaceFromThoseThatWere() {
        String first = unique("Read me before the crowd.");
        Person admin = admin();
        Person customer = customerWhoSent(first);
        reads(admin, first);
        admin.page().waitForCondition(() -> (int) admin.page().evaluate("Object.keys(JSON.parse(localStorage['parley.read'] ?? '{}')).length") > 0);
        int kept = (int) admin.page().evaluate("Object.keys(JSON.parse(localStorage['parley.read'])).length");

        String crowd = unique("crowd");
        Sql.on(database).run("insert into conversations (subject) select ? || n from generate_series(1, 20) n", crowd);
        Sql.on(database).run("insert into messages (conversation_id, content) select id, subject from conversations where subject like ? || '%'", crowd);
        String last = unique("And me after it.");
        customer.writes(last);
        assertThat(admin.item(last)).hasCount(1);
        assertEquals(kept, admin.page().evaluate("Object.keys(JSON.parse(localStorage['parley.read'])).length"), "conversations that nobody read are marked");
    }

    @Test
    void newMessagesAreSaidToThoseWhoCantSeeThemAndHistoryIsNot() {
        String first = unique("From before.");
        String second = unique("New to you.");
        Person customer = customerWhoSent(first);
        Person admin = adminWhoReads(first);
        Locator said = admin.page().locator("[role=log]");
        customer.writes(second);
        assertThat(said).containsText(second);
        assertThat(said).not().containsText(first);
        admin.writes(unique("What I say myself I know."));
        assertThat(said).not().containsText("What I say myself");
    }

    @Test
    void aBurstIsDrawnInFewStrokesInTheListToo() {
        String marker = unique("b");
        UUID conversation = conversationWith(1, marker);
        Person admin = admin();
        assertThat(admin.item(marker + " 1.")).hasCount(1);
        admin.page().evaluate("""
                () => {
                  window.strokes = 0;
                  new MutationObserver(() => window.strokes++).observe(document.querySelector(".list"), { childList: true, characterData: true, subtree: true });
                }""");

        Sql.on(database).run("insert into messages (conversation_id, content) select ?, ? || ' ' || n || '.' from generate_series(2, 301) n order by n",
                conversation, marker);

        assertThat(admin.item(marker + " 301.")).hasCount(1);
        int strokes = (int) admin.page().evaluate("window.strokes");
        assertTrue(strokes <= 150, () -> "300 messages in strokes: " + strokes);
        admin.hasNeitherReloadedNorComplained();
    }

    @Test
    void conversationsThatComeUpFromBelowTheLoadedPartAreReadTogether() {
        String marker = unique("b");
        Sql sql = Sql.on(database);
        sql.run("insert into conversations (subject, created_at) select ? || ' below ' || n, now() - interval '1 day' from generate_series(1, 300) n", marker);
        sql.run("insert into conversations (subject) select ? || ' above ' || n from generate_series(1, 60) n", marker);
        Person admin = admin();
        assertThat(admin.item(marker + " above")).hasCount(50);
        admin.seesState("Connected");
        List<String> asked = new CopyOnWriteArrayList<>();
        admin.page().onRequest(request -> asked.add(request.url()));

        sql.run("insert into messages (conversation_id, content) select id, ? || ' moved' from conversations where subject like ? || ' below%'", marker, marker);

        assertThat(admin.item(marker + " moved")).hasCount(200);
        admin.presses("Show more");
        admin.presses("Show more");
        assertThat(admin.item(marker + " moved")).hasCount(300);
        assertTrue(asked.size() <= 20, () -> asked.size() + " requests: " + asked);
        admin.hasNotComplained();
    }

    @Test
    void closingAndReopeningIsSeenByTheCustomer() {
        String first = unique("You may close this.");
        Person customer = customerWhoSent(first);
        Person admin = adminWhoReads(first);

        admin.presses("Close conversation");
        customer.sees("This conversation was closed.");
        assertThat(admin.item(first).locator(".badge")).hasText("closed");

        admin.presses("Reopen conversation");
        customer.doesNotSee("This conversation was closed.");
        String again = unique("Back again.");
        customer.writes(again);
        admin.seesOnce(again);
    }

    @Test
    void aReloadResumesTheConversation() {
        String first = unique("Remember me.");
        Person admin = admin();
        Person customer = customer();
        customer.writes(first);
        customer.seesOnce(first);

        customer.reloads();

        customer.seesOnce(first);
        customer.seesState("Connected");
        String second = unique("And I remember you.");
        customer.writes(second);
        admin.item(second).click();
        admin.seesOnce(first);
        admin.seesOnce(second);
        customer.hasNotComplained();
    }

    @Test
    void whatWasBegunAndNotSentOutlivesAReload() {
        Person customer = customer();
        customer.writes(unique("First."));
        String begun = unique("I was just about to");
        customer.types(begun);

        customer.reloads();

        assertThat(customer.box()).hasValue(begun);
        customer.hasNotComplained();
    }

    @Test
    void aConversationThatWasLeftCanBeTakenUpAgain() {
        String first = unique("Not finished.");
        Person customer = customerWhoSent(first);

        customer.presses("New conversation");
        customer.sees("How can we help?");
        Person admin = adminWhoReads(first);
        String answer = unique("Meanwhile.");
        admin.writes(answer);
        assertThat(customer.page().locator(".earlier")).containsText("Support: " + answer);
        customer.presses(first);

        customer.seesOnce(first);
        customer.seesOnce(answer);
        String again = unique("Here again.");
        customer.writes(again);
        admin.seesOnce(again);
        customer.hasNeitherReloadedNorComplained();
    }

    @Test
    void whoWroteWhenTheConversationWasClosedGoesOnByKeyboard() {
        String first = unique("Close it while I write.");
        Person customer = customerWhoSent(first);
        Person admin = adminWhoReads(first);
        customer.types("still");

        admin.presses("Close conversation");

        customer.sees("This conversation was closed.");
        customer.page().keyboard().press("Enter"); // of what was being written
        customer.sees("This conversation was closed.");
        customer.page().keyboard().press("Tab");
        customer.page().keyboard().press("Enter");
        customer.sees("How can we help?");
    }

    @Test
    void anAddressThatNamesNoConversationSaysSo() {
        Person admin = person().opens(service.http("/admin#no-such-thing").toString());
        admin.sees("There is no such conversation.");

        Person colleague = person().opens(service.http("/admin#" + UUID.randomUUID()).toString());
        colleague.sees("There is no such conversation.");
        admin.hasNotComplained();
    }

    @Test
    void nobodyTypesInAConversationThatIsDeleted() {
        String first = unique("Delete me.");
        Person customer = customerWhoSent(first);
        Person admin = adminWhoReads(first);
        customer.types("and I go on");
        assertThat(admin.page().locator(".typing[data-typing=true]")).hasCount(1);

        Sql.on(database).run("delete from conversations where id = (select conversation_id from messages where content = ?)", first);

        admin.sees("There is no such conversation.");
        assertThat(admin.page().locator(".typing[data-typing=true]")).hasCount(0, new LocatorAssertions.HasCountOptions().setTimeout(1_000));
    }

    @Test
    void anAddressLeadsToItsConversation() {
        String first = unique("Link to me.");
        customer().writes(first);
        Person admin = admin();
        admin.item(first).click();
        admin.seesOnce(first);

        Person colleague = person().opens(admin.page().url());

        colleague.seesOnce(first);
        assertThat(colleague.item(first)).hasAttribute("aria-current", "true");
    }

    @Test
    void textIsNeverMarkup() {
        String markup = unique("<img src=x onerror=\"document.title='owned'\"><b>bold</b> & 'quotes'");
        Person admin = admin();
        Person customer = customer();
        customer.writes(markup);
        admin.item("onerror").first().click();
        admin.seesOnce(markup);
        assertThat(admin.page().locator(".message b, .message img")).hasCount(0);
        assertTrue(!"owned".equals(admin.page().title()), "a message ran as a script");
        admin.hasNotComplained();
    }

    @Test
    void theDashboardWorksByKeyboard() {
        String one = unique("Keyboard one.");
        String two = unique("Keyboard two.");
        customerWhoSent(one);
        Person admin = admin();
        assertThat(admin.item(one)).hasCount(1);
        customerWhoSent(two);
        assertThat(admin.page().locator(".item").first()).containsText(two);

        admin.page().locator(".item").first().focus();
        admin.page().keyboard().press("ArrowDown");
        assertThat(admin.item(one)).isFocused();
        admin.page().keyboard().press("Enter");
        admin.seesOnce(one);
        assertThat(admin.box()).isFocused();
        String answer = unique("First line");
        admin.page().keyboard().type(answer);
        admin.page().keyboard().press("Shift+Enter");
        admin.page().keyboard().type("second line");
        admin.page().keyboard().press("Enter");
        admin.seesOnce(answer);
        assertEquals(1, rows(answer + "\nsecond line"));
    }

    @Test
    void whoClosesByKeyboardStaysWhereTheyAre() {
        String question = unique("Is that all?");
        customerWhoSent(question);
        Person admin = adminWhoReads(question);
        Locator button = admin.page().locator(".chat-head .button");
        for (String then : new String[] {"Reopen", "Close", "Reopen"}) {
            button.focus();
            admin.page().keyboard().press("Enter");
            assertThat(button).containsText(then);
            assertThat(button).isFocused();
        }
    }

    @Test
    void whoseFirstMessageBeginsAConversationWritesOnWithoutLookingForTheBoxOnAPhoneToo() {
        for (boolean touch : new boolean[] {false, true}) {
            Person customer = person(new Browser.NewContextOptions().setViewportSize(390, 844).setIsMobile(touch).setHasTouch(touch)).opens(service.http("/").toString());
            customer.box().focus();
            for (String text : new String[] {unique("One"), unique("Two")}) {
                customer.page().keyboard().type(text);
                if (touch) {
                    customer.page().keyboard().press("Enter"); // a new line: the screen's keyboard has no other key for it
                    customer.presses("Send");
                } else {
                    customer.page().keyboard().press("Enter");
                }
                customer.seesOnce(text);
                assertThat(customer.messages(text)).hasCount(1);
            }
            assertThat(customer.box()).isFocused();
        }
    }

    @Test
    void aConversationOfAnotherProgramWithoutMetadataIsListedAsAnyOther() {
        Person admin = admin();
        admin.seesState("Connected");
        UUID odd = UUID.randomUUID();
        String text = unique("From elsewhere.");
        Sql.on(database).run("insert into conversations (id, metadata) values (?, 'null')", odd);
        Sql.on(database).run("insert into messages (conversation_id, content) values (?, ?)", odd, text);
        reads(admin, text);
        admin.presses("Close conversation");
        assertThat(admin.page().locator(".chat-head .badge")).isVisible();
        Sql.on(database).run("update conversations set status = 'open' where id = ?", odd);
        assertThat(admin.page().locator(".chat-head .badge")).hasCount(0);
        admin.hasNeitherReloadedNorComplained();
    }

    @Test
    void theLimitIsShownNearItAndHeld() {
        Person customer = customer();
        customer.box().fill("x".repeat(16_300));
        customer.sees("84 characters left");
        customer.box().fill("x".repeat(16_385));
        customer.sees("1 character too many");
        assertThat(customer.page().locator(".send")).isDisabled();
    }

    @Test
    void thePagesCarrySecurityHeadersAndAreNotKept() {
        for (String path : new String[] { "/", "/admin" }) {
            HttpResponse<String> page = Http.get(service.http(path));
            assertEquals(200, page.statusCode());
            assertEquals("no-cache", header(page, "Cache-Control"));
            assertEquals("nosniff", header(page, "X-Content-Type-Options"));
            assertEquals("no-referrer", header(page, "Referrer-Policy"));
            assertTrue(header(page, "Content-Security-Policy").startsWith("default-src 'none'; script-src 'self';"),
                    () -> "policy " + header(page, "Content-Security-Policy"));
            assertTrue(page.body().contains("/static/bundle/"), page::body);
        }
    }

    @Test
    void bundlesCarryAHashAndAreKept() {
        String page = Http.get(service.http("/")).body();
        String script = page.replaceAll("(?s).*src=\"(/static/bundle/customer-[A-Z0-9]+\\.js)\".*", "$1");
        HttpResponse<String> bundle = Http.get(service.http(script));
        assertEquals(200, bundle.statusCode(), script);
        assertEquals("public, max-age=31536000, immutable", header(bundle, "Cache-Control"));
    }

    private static String header(HttpResponse<String> response, String name) {
        return response.headers().firstValue(name).orElse("none");
    }

    @Test
    void openConversationsAreFoundBehindAnyNumberOfClosedOnes() {
        String marker = unique("f");
        Sql sql = Sql.on(database);
        sql.run("insert into conversations (subject, status, created_at) select ? || ' closed', 'closed', now() + interval '1 day' - n * interval '1 s' from generate_series(1, 60) n", marker);
        sql.run("insert into conversations (subject, created_at) values (? || ' open', now() + interval '1 hour')", marker);
        try {
            Person admin = admin();
            assertThat(admin.item(marker + " closed")).hasCount(50);
            assertThat(admin.item(marker + " open")).hasCount(0);

            admin.presses("Open");
            assertThat(admin.item(marker + " open")).hasCount(1);
            assertThat(admin.item(marker + " closed")).hasCount(0);
            admin.presses("Closed");
            assertThat(admin.item(marker + " closed")).hasCount(60);
            admin.presses("All");
            assertThat(admin.item(marker + " closed")).hasCount(50);
            assertThat(admin.item(marker + " open")).hasCount(0);
            admin.presses("Show more");
            assertThat(admin.item(marker)).hasCount(61);
            admin.hasNeitherReloadedNorComplained();
        } finally {
            sql.run("delete from conversations where created_at > now()"); // others' lists would begin with them
        }
    }

    @Test
    void conversationsBegunInTwoTabsCanBothBeTakenUpAgain() {
        String first = unique("In one tab.");
        String second = unique("In the other.");
        Person customer = customerWhoSent(first);
        Page other = customer.page().context().newPage();
        other.navigate(service.http("/").toString());
        assertThat(other.locator(".message")).hasCount(1);
        customer.presses("New conversation");
        customer.writes(second);
        customer.seesOnce(second);
        other.getByText("New").first().click();
        assertThat(other.locator(".earlier button")).containsText(new String[] {second, first});

        customer.reloads();

        customer.seesOnce(second);
        customer.presses("New conversation");
        customer.presses(first);
        customer.seesOnce(first);
        customer.hasNotComplained();
    }

    @Test
    void nothingWaitsToBeReadWhereTheSystemHadTheLastWordOrTheMessageIsGone() {
        String first = unique("Read this.");
        String line = unique("Assigned to somebody.");
        Person customer = customerWhoSent(first);
        Person admin = adminWhoReads(first);
        admin.page().navigate(service.http("/admin").toString());
        assertThat(admin.item(first)).hasAttribute("data-unread", "false");

        Sql.on(database).run("""
                insert into messages (conversation_id, content, sender_id, sender_role)
                select conversation_id, ?, 'system', 'system' from messages where content = ?""", line, first);

        assertThat(admin.item(line)).hasAttribute("data-unread", "false");
        String mistaken = unique("Wrong window, sorry.");
        customer.writes(mistaken);
        assertThat(admin.item(mistaken)).hasAttribute("data-unread", "true");
        Sql.on(database).run("delete from messages where content = ?", mistaken);
        assertThat(admin.item(line)).hasAttribute("data-unread", "false");
        admin.reloads();
        assertThat(admin.item(line)).hasAttribute("data-unread", "false");
        admin.hasNotComplained();
    }

    @Test
    void theWayBackToTheListIsTheBrowsersOwn() {
        String first = unique("There and back.");
        customerWhoSent(first);
        Person admin = person(new Browser.NewContextOptions().setViewportSize(390, 844)).opens(service.http("/admin").toString());
        reads(admin, first);

        admin.presses("Back to the list");

        assertThat(admin.item(first)).isVisible();
        admin.page().goForward();
        admin.seesOnce(first);
        Person linked = person(new Browser.NewContextOptions().setViewportSize(390, 844)).opens(admin.page().url());
        linked.seesOnce(first);
        linked.presses("Back to the list");
        assertThat(linked.item(first)).isVisible();
        linked.hasNeitherReloadedNorComplained();
    }
}
