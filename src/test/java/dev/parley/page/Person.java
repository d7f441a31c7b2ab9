package dev.parley.page;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.PlaywrightException;
import com.microsoft.playwright.options.AriaRole;

/** Somebody with one page open, found and used as a person would: by names and labels, with the keyboard. */
public final class Person implements AutoCloseable {

    /** What a browser reports by itself when the network is away: expected where a test takes it away. */
    private static final Pattern NETWORK = Pattern.compile("net::ERR_|WebSocket connection to .* failed|status of 50[234]");
    /** How long a page may take to show something, in every assertion that does not say otherwise. */
    static final int PATIENCE_MS = 20_000;

    private final BrowserContext context;
    private final Page page;
    private final List<String> complaints = new ArrayList<>();

    Person(BrowserContext context) {
        this.context = context;
        this.page = context.newPage();
        page.setDefaultTimeout(PATIENCE_MS);
        page.onConsoleMessage(message -> {
            if (List.of("error", "warning").contains(message.type()) && !NETWORK.matcher(message.text()).find()) {
                complaints.add(message.text());
            }
        });
        page.onPageError(complaints::add);
    }

    public Person opens(String address) {
        page.navigate(address);
        page.evaluate("window.loadedOnce = true");
        return this;
    }

    void reloads() {
        page.reload();
    }

    public Page page() {
        return page;
    }

    void writes(String text) {
        Locator box = box();
        box.fill(text);
        box.press("Enter");
    }

    /** Key by key, without sending. */
    void types(String text) {
        box().pressSequentially(text);
    }

    public void presses(String name) {
        page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName(name)).first().click();
    }

    void network(boolean there) {
        context.setOffline(!there);
    }

    /** Sees the text in exactly one message, in the given state ({@code sending}, {@code sent}, {@code failed}). */
    void seesOnce(String text, String delivery) {
        assertThat(messages(text)).hasCount(1);
        assertThat(messages(text)).hasAttribute("data-delivery", delivery);
    }

    void seesOnce(String text) {
        seesOnce(text, "sent");
    }

    void seesState(String label) {
        assertThat(page.locator(".connection").first()).containsText(label);
    }

    void sees(String text) {
        assertThat(page.getByText(text).first()).isVisible();
    }

    void doesNotSee(String text) {
        assertThat(page.getByText(text)).hasCount(0);
    }

    Locator messages(String text) {
        return page.locator(".message").filter(new Locator.FilterOptions().setHasText(text));
    }

    /** The conversation in the dashboard's list that carries this text. */
    Locator item(String text) {
        return page.locator(".item").filter(new Locator.FilterOptions().setHasText(text));
    }

    Locator box() {
        return page.getByLabel("Message", new Page.GetByLabelOptions().setExact(true));
    }

    /** The page is the one that was opened first, and its console is clean. */
    void hasNeitherReloadedNorComplained() {
        if (!Boolean.TRUE.equals(page.evaluate("window.loadedOnce"))) {
            throw new AssertionError("the page was loaded again");
        }
        hasNotComplained();
    }

    public void hasNotComplained() {
        if (!complaints.isEmpty()) {
            throw new AssertionError("the browser's console says: " + complaints);
        }
    }

    /** Kept for eyes. */
    public void screenshot(String name) {
        page.screenshot(new Page.ScreenshotOptions().setPath(Path.of("target", "screenshots", name + ".png")));
    }

    /** What stands on the page, and a screenshot of it in {@code target/screenshots}, for somebody who asks why a test failed. */
    Throwable evidence(String name) {
        try {
            screenshot(name);
            return new AssertionError(page.url() + " said:\n" + page.innerText("body") + "\nand in its console: " + complaints);
        } catch (PlaywrightException e) {
            return e;
        }
    }

    @Override
    public void close() {
        context.close();
    }
}
