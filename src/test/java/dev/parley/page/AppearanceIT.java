package dev.parley.page;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.UUID;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.assertions.LocatorAssertions;
import com.microsoft.playwright.options.ColorScheme;

import dev.parley.testing.Sql;

/** How the pages look: what a machine can judge is asserted, the rest is for eyes, in {@code target/screenshots}. */
class AppearanceIT extends BrowserTest {

    private static final UUID MIRA = UUID.randomUUID(), TOMAS = UUID.randomUUID();

    @BeforeAll
    static void talk() {
        Sql sql = Sql.on(database);
        conversation(sql, UUID.randomUUID(), null, "Typo on your pricing page", 4000, "open");
        conversation(sql, TOMAS, "Tomás Herrera", "Question about the annual plan", 1500, "closed");
        say(sql, TOMAS, "admin", "The annual plan saves two months.", 1490);
        conversation(sql, UUID.randomUUID(), "Priya Raman",
                "Pfandbriefhinterlegungsgenehmigungsverfahrensbeschleunigungsgesetz-and-other-words-that-do-not-break", 180, "open");
        conversation(sql, UUID.randomUUID(), null, "Password reset mail never arrives", 55, "open");
        conversation(sql, UUID.randomUUID(), "Jonas Lindqvist", "Can I change the delivery day?", 12, "open");
        conversation(sql, MIRA, "Mira Okafor", "Invoice shows the wrong address", 9, "open");
        say(sql, MIRA, "customer", "The last three invoices still carry our old office in Hamburg. We moved in March.", 8);
        say(sql, MIRA, "admin", "Thanks for telling us, Mira. I can see both addresses in your account: the old one is still marked as the billing address.", 6);
        say(sql, MIRA, "admin", "Shall I make the new one the default and issue the three invoices again?", 6);
        say(sql, MIRA, "customer", "Yes please! And one for the archive: https://example.com/invoices/2026/03/a/path/that/goes/on/and/on?with=parameters&and=more", 3);
        say(sql, MIRA, "customer", "Thank you!", 2);
    }

    @Test
    void thePagesFitADesktopByDay() {
        photograph(new Browser.NewContextOptions().setViewportSize(1280, 800).setColorScheme(ColorScheme.LIGHT), "desktop-light");
    }

    @Test
    void thePagesFitADesktopByNight() {
        photograph(new Browser.NewContextOptions().setViewportSize(1280, 800).setColorScheme(ColorScheme.DARK), "desktop-dark");
    }

    @Test
    void thePagesFitAPhone() {
        photograph(new Browser.NewContextOptions().setViewportSize(390, 844).setDeviceScaleFactor(2).setIsMobile(true).setHasTouch(true),
                "phone");
    }

    /** With as many conversations as are remembered, on a phone that lies on its side. */
    @Test
    void thereIsRoomToBeginAConversationBesideAllEarlierOnes() {
        StringBuilder begun = new StringBuilder();
        for (int i = 1; i <= 10; i++) {
            begun.append(i == 1 ? "" : ",").append("{\"id\":\"" + conversation(Sql.on(database), UUID.randomUUID(), null, "Number " + i, 90_000, "open") + "\",\"title\":\"\"}");
        }
        for (int[] size : new int[][] {{844, 390}, {1366, 600}, {320, 480}}) {
            Person person = person(new Browser.NewContextOptions().setViewportSize(size[0], size[1]));
            person.page().addInitScript("localStorage.setItem('parley.conversations', '[" + begun + "]')");
            person.opens(service.http("/").toString());
            person.sees("Number 10");
            assertThat(person.page().locator(".composer")).isInViewport(new LocatorAssertions.IsInViewportOptions().setRatio(1));
            take(person, "start-again-" + size[0]);
        }
    }

    private void photograph(Browser.NewContextOptions options, String name) {
        Person start = person(options).opens(service.http("/").toString());
        start.sees("How can we help?");
        take(start, name + "-start");

        Person back = person(options);
        back.page().addInitScript("localStorage.setItem('parley.conversations', '[{\"id\":\"" + MIRA + "\",\"title\":\"\"},{\"id\":\"" + TOMAS + "\",\"title\":\"\"}]')");
        back.opens(service.http("/").toString());
        back.sees("Support: The annual plan saves two months.");
        back.sees("You: Thank you!");
        take(back, name + "-start-again");

        Person customer = person(options);
        customer.page().addInitScript("localStorage.setItem('parley.conversation', '\"" + MIRA + "\"');"
                + "localStorage.setItem('parley.customer', '\"" + MIRA + "\"')");
        customer.opens(service.http("/").toString());
        customer.seesOnce("Thank you!");
        customer.seesState("Connected");
        take(customer, name + "-customer");

        Person list = person(options).opens(service.http("/admin").toString());
        assertThat(list.item("Password reset mail")).isVisible();
        take(list, name + "-admin-list");

        Person admin = person(options).opens(service.http("/admin#" + MIRA).toString());
        admin.seesOnce("Thank you!");
        boolean onePane = options.viewportSize.get().width < 760;
        assertThat(admin.item("Password reset mail")).isVisible(new LocatorAssertions.IsVisibleOptions().setVisible(!onePane));
        customer.types("One more th");
        assertThat(admin.page().locator(".chat .typing")).containsText("Mira Okafor is typing");
        take(admin, name + "-admin-conversation");
        admin.hasNotComplained();
        customer.hasNotComplained();
    }

    private static void take(Person person, String name) {
        person.screenshot(name);
        assertEquals(0, person.page().evaluate("document.documentElement.scrollWidth - innerWidth"), () -> name + " is wider than its screen");
        Locator bubbles = person.page().locator(".bubble");
        for (int i = 0; i < bubbles.count(); i++) {
            assertEquals(0, bubbles.nth(i).evaluate("b => Math.max(0, b.scrollWidth - b.clientWidth)"), () -> name + ": text runs out of its bubble");
        }
    }

    private static UUID conversation(Sql sql, UUID id, String name, String subject, int minutesAgo, String status) {
        sql.run("""
                insert into conversations (id, customer_id, subject, status, created_at, metadata)
                values (?, ?, ?, ?, now() - ? * interval '1 minute', case when ?::text is null then '{}' else jsonb_build_object('name', ?::text) end)""",
                id, id.toString(), subject, status, minutesAgo, name, name);
        say(sql, id, "customer", subject, minutesAgo);
        return id;
    }

    private static void say(Sql sql, UUID conversation, String role, String content, int minutesAgo) {
        sql.run("""
                insert into messages (conversation_id, sender_id, sender_role, content, created_at)
                values (?, ?, ?, ?, now() - ? * interval '1 minute')""",
                conversation, role.equals("admin") ? "admin" : conversation.toString(), role, content, minutesAgo);
    }
}
