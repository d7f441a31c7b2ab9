package dev.parley.page;

import dev.parley.conversation.RootPath;
import io.quarkus.runtime.LaunchMode;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.Map;

/** Puts the pages at their addresses and gives them their headers. On the event loop; never waits. */
@ApplicationScoped
public class Pages {

    private static final int BEFORE_STATIC_FILES = 100;

    private static final Map<String, String> FILES = Map.of("", "index.html", "admin", "admin.html");

    private static final String POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
            + "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'";

    private final String root;

    Pages(RootPath root) {
        this.root = root.base() + "/";
    }

    void register(@Observes Filters filters) {
        filters.register(this::serve, BEFORE_STATIC_FILES);
    }

    private void serve(RoutingContext context) {
        String path = context.normalizedPath();
        if (path == null || !path.startsWith(root)) {
            context.next();
            return;
        }
        String name = path.substring(root.length());
        if (FILES.containsValue(name)) {
            page(context);
            context.next();
        } else if (isRead(context) && FILES.containsKey(name)) {
            context.reroute(root + FILES.get(name));
        } else if (isRead(context) && name.endsWith("/") && FILES.containsKey(name.substring(0, name.length() - 1))) {
            // relative addresses in the page start from its folder
            context.response().setStatusCode(308).putHeader(HttpHeaders.LOCATION, root + name.substring(0, name.length() - 1)).end();
        } else {
            if (name.startsWith("static/bundle/")) {
                bundle(context);
            }
            context.next();
        }
    }

    private static boolean isRead(RoutingContext context) {
        return context.request().method() == HttpMethod.GET || context.request().method() == HttpMethod.HEAD;
    }

    private static void page(RoutingContext context) {
        // a build may carry the same file times as the one before it, and then "not modified" would be a lie
        context.request().headers().remove(HttpHeaders.IF_MODIFIED_SINCE);
        context.addHeadersEndHandler(ignored -> context.response().headers()
                .set("Cache-Control", "no-cache")
                .set("Content-Security-Policy", POLICY)
                .set("X-Content-Type-Options", "nosniff")
                .set("Referrer-Policy", "no-referrer")
                .set("Permissions-Policy", "camera=(), geolocation=(), microphone=()"));
    }

    private static void bundle(RoutingContext context) {
        context.addHeadersEndHandler(ignored -> {
            context.response().headers().set("X-Content-Type-Options", "nosniff");
            // in dev mode the names carry no hash
            if (context.response().getStatusCode() == 200 && LaunchMode.current() == LaunchMode.NORMAL) {
                context.response().headers().set("Cache-Control", "public, max-age=31536000, immutable");
            }
        });
    }
}
