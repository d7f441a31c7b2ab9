package dev.parley.conversation;

import dev.parley.access.Origins;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * Lets pages of the named origins use {@code /api}. Quarkus' own filter has one rule for all paths, and would turn other pages away from the Supabase protocol
 * too, which is open to all origins since it asks for a key. On the event loop.
 */
@ApplicationScoped
class ApiCors {

    /** So that refusals can be read by the page too. */
    private static final int BEFORE_GUARD = 1_500;
    private static final String ASKED_AGAIN_AFTER_S = "600";

    private final Origins origins;
    private final String api;
    private final boolean quarkusDoes;

    /** @param quarkusDoes whether an operator has chosen Quarkus' filter nevertheless, with what else it can do */
    ApiCors(RootPath root, Origins origins, @ConfigProperty(name = "quarkus.http.cors.enabled", defaultValue = "false") boolean quarkusDoes) {
        this.api = root.base() + "/api/";
        this.origins = origins;
        this.quarkusDoes = quarkusDoes;
    }

    void open(@Observes Filters filters) {
        if (origins.areNamed() && !quarkusDoes) {
            filters.register(this::answer, BEFORE_GUARD);
        }
    }

    private void answer(RoutingContext context) {
        HttpServerRequest request = context.request();
        if (!request.path().startsWith(api)) {
            context.next();
            return;
        }
        HttpServerResponse response = context.response();
        response.headers().add(HttpHeaders.VARY, HttpHeaders.ORIGIN);
        String origin = request.getHeader(HttpHeaders.ORIGIN);
        if (origin != null && origins.isNamed(origin)) {
            response.putHeader(HttpHeaders.ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            if (request.method() == HttpMethod.OPTIONS && request.headers().contains(HttpHeaders.ACCESS_CONTROL_REQUEST_METHOD)) {
                allow(request, response);
                return;
            }
            response.putHeader(HttpHeaders.ACCESS_CONTROL_EXPOSE_HEADERS, HttpHeaders.LOCATION);
        }
        context.next();
    }

    private static void allow(HttpServerRequest asked, HttpServerResponse response) {
        response.putHeader(HttpHeaders.ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, PATCH");
        Origins.requestedHeaders(asked).ifPresent(names -> response.putHeader(HttpHeaders.ACCESS_CONTROL_ALLOW_HEADERS, names));
        response.putHeader(HttpHeaders.ACCESS_CONTROL_MAX_AGE, ASKED_AGAIN_AFTER_S).setStatusCode(204).end();
    }
}
