package dev.parley.page;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.parley.testing.Cable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is promised when the network or the service goes away: nothing lost, nothing twice, and one is told. */
class NetworkIT extends BrowserTest {

    private Cable cable;

    @BeforeEach
    void lay() {
        cable = new Cable(service.port());
    }

    @AfterEach
    void remove() {
        cable.close();
    }

    private Person customerAtTheCable() {
        return person().opens(cable.address("/"));
    }

    @Test
    void aMessageSentWhileTheCableIsCutArrivesOnce() {
        String first = unique("Before the cut.");
        String during = unique("During the cut.");
        Person admin = admin();
        Person customer = customerAtTheCable();
        customer.writes(first);
        admin.item(first).click();
        admin.seesOnce(first);

        cable.cut();
        customer.seesState("Reconnecting…");
        customer.writes(during);
        customer.seesOnce(during, "sending");
        String missed = unique("Said while you were away.");
        admin.writes(missed);
        admin.seesOnce(missed);
        cable.mend();

        customer.seesOnce(during);
        customer.seesOnce(missed);
        customer.seesState("Connected");
        admin.seesOnce(during);
        assertEquals(1, rows(during));
        customer.hasNeitherReloadedNorComplained();
    }

    @Test
    void aMessageSentWhileTheBrowserIsOfflineArrivesOnce() {
        String first = unique("Before the tunnel.");
        String during = unique("In the tunnel.");
        Person admin = admin();
        Person customer = customerAtTheCable();
        customer.writes(first);
        admin.item(first).click();
        admin.seesOnce(first);

        customer.network(false);
        cable.cut();
        customer.seesState("No network");
        customer.writes(during);
        customer.seesOnce(during, "sending");
        cable.mend();
        customer.network(true);

        customer.seesOnce(during);
        admin.seesOnce(during);
        assertEquals(1, rows(during));
    }

    @Test
    void aConversationBegunWithoutNetworkArrivesOnce() {
        Person customer = customerAtTheCable();
        String first = unique("Nobody hears me yet.");
        cable.cut();
        customer.writes(first);
        customer.seesOnce(first, "sending");
        cable.mend();

        customer.seesOnce(first);
        Person admin = admin();
        assertThat(admin.item(first)).hasCount(1);
        assertEquals(1, rows(first));
    }

    @Test
    void aMessageThatWaitsIsSentThoughAnotherConversationIsOpenedMeanwhile() {
        String one = unique("The one conversation.");
        String other = unique("The other conversation.");
        String answer = unique("Written without network.");
        Person customer = customerWhoSent(one);
        customerWhoSent(other);
        Person admin = reads(person().opens(cable.address("/admin")), one);
        String left = admin.page().url().replaceAll(".*#", "");
        cable.cut();
        admin.seesState("Reconnecting…");
        admin.writes(answer);
        admin.seesOnce(answer, "sending");
        admin.item(other).click();
        assertThat(admin.messages(answer)).hasCount(0);
        seesATryOfTheStream(admin, left);
        cable.mend();

        customer.seesOnce(answer);
        assertEquals(1, rows(answer));
    }

    /** Playwright tells of a socket once its handshake is on the way, and the cable may break before that: so the page counts. */
    private static void seesATryOfTheStream(Person person, String conversation) {
        person.page().evaluate("""
                conversation => {
                  window.tries = 0;
                  window.WebSocket = class extends WebSocket {
                    constructor(url) {
                      super(url);
                      if (String(url).includes(conversation)) window.tries++;
                    }
                  };
                }""", conversation);
        person.page().waitForFunction("() => window.tries > 0");
    }

    @Test
    void anUnsentMessageSurvivesAReloadOfThePage() {
        String first = unique("Before the reload.");
        String during = unique("Typed just before the reload.");
        Person customer = customerAtTheCable();
        customer.writes(first);
        customer.seesOnce(first);
        cable.cut();
        customer.seesState("Reconnecting…");
        customer.writes(during);
        customer.seesOnce(during, "sending");

        cable.mend();
        customer.reloads();

        customer.seesOnce(during);
        assertEquals(1, rows(during));
    }

    @Test
    void aConnectionThatIsDeadWithoutSayingSoIsNoticed() {
        String first = unique("Before the silence.");
        String during = unique("Into the silence.");
        Person admin = admin();
        Person customer = person();
        customer.page().clock().install();
        customer.opens(cable.address("/"));
        customer.writes(first);
        admin.item(first).click();
        admin.seesOnce(first);

        cable.silence();
        customer.writes(during);
        customer.seesOnce(during, "sending");
        // the page's time, in steps, in which the service can answer
        for (int step = 0; step < 120 && customer.messages(during).and(customer.page().locator("[data-delivery=sent]")).count() == 0; step++) {
            customer.page().clock().runFor(500);
        }

        customer.seesOnce(during);
        admin.seesOnce(during);
        assertEquals(1, rows(during));
    }

    @Test
    void bothSidesComeBackToAServiceThatWasKilled() {
        String first = unique("Before the crash.");
        String question = unique("Asked while it was down.");
        String answer = unique("Answered while it was down.");
        Person admin = admin();
        Person customer = customer();
        customer.writes(first);
        admin.item(first).click();
        admin.seesOnce(first);

        service.kill();
        customer.writes(question);
        admin.writes(answer);
        customer.seesOnce(question, "sending");
        admin.seesOnce(answer, "sending");
        service.begin().awaitReady();

        customer.seesOnce(answer);
        admin.seesOnce(question);
        customer.seesOnce(question);
        admin.seesOnce(answer);
        assertEquals(1, rows(question));
        assertEquals(1, rows(answer));
        admin.hasNeitherReloadedNorComplained();
    }

    @Test
    void aMessageRefusedIsShownAsFailedAndTriedAgainOnlyAsItself() {
        String first = unique("Open for now.");
        String refused = unique("Too late.");
        Person admin = admin();
        Person customer = customerAtTheCable();
        customer.writes(first);
        admin.item(first).click();
        admin.seesOnce(first);

        cable.cut();
        customer.seesState("Reconnecting…");
        customer.writes(refused);
        admin.presses("Close conversation");
        assertThat(admin.item(first).locator(".badge")).hasText("closed");
        cable.mend();
        customer.seesOnce(refused, "failed");
        assertEquals(0, rows(refused));

        admin.presses("Reopen conversation");
        customer.doesNotSee("This conversation was closed.");
        customer.presses("Retry");
        customer.seesOnce(refused);
        assertEquals(1, rows(refused));
    }
}
