package dev.parley.conversation;

import dev.parley.database.Database;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;

/**
 * Answers what is wrong with a request to {@code /api} before REST sees it, in REST's words: a body too large, a path that cannot be
 * decoded, or that there is no schema yet to work on.
 */
@ApplicationScoped
class RequestGuard {

    private static final String API = "/api/";
    private static final int BEFORE_ALL = 1_000;

    private final BodyLimit limit;
    private final Database database;

    RequestGuard(BodyLimit limit, Database database) {
        this.limit = limit;
        this.database = database;
    }

    void guard(@Observes Filters filters) {
        filters.register(this::admit, BEFORE_ALL);
    }

    void explainFailures(@Observes Router router) {
        router.route(API + "*").order(Integer.MIN_VALUE).failureHandler(RequestGuard::explain);
        // a path that cannot be decoded matches no route
        router.errorHandler(ErrorCode.INVALID_REQUEST.status(), RequestGuard::explain);
    }

    private void admit(RoutingContext context) {
        HttpServerRequest request = context.request();
        if (!request.path().startsWith(API)) {
            context.next();
            return;
        }
        String length = request.method() == HttpMethod.GET ? null : request.getHeader(HttpHeaders.CONTENT_LENGTH);
        if (length != null && !limit.admits(length)) {
            refuseUnread(context, limit.problem());
        } else if (!database.ready()) {
            refuseUnread(context, Problem.of(ErrorCode.UNAVAILABLE, "the database is not ready yet"));
        } else {
            context.next();
        }
    }

    private static void refuseUnread(RoutingContext context, Problem problem) {
        // the body is not read, so the connection cannot serve another request
        context.response().putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
        answer(context, problem);
    }

    private static void explain(RoutingContext context) {
        int status = context.statusCode();
        if (context.response().ended()) {
            return;
        }
        if (status < 400 || status >= 500) {
            context.next();
            return;
        }
        ErrorCode error = status == ErrorCode.TOO_LARGE.status() ? ErrorCode.TOO_LARGE : ErrorCode.INVALID_REQUEST;
        answer(context, Problem.of(error, status, error.advice()));
    }

    private static void answer(RoutingContext context, Problem problem) {
        context.response().setStatusCode(problem.status())
                .putHeader(HttpHeaders.CONTENT_TYPE, Problem.MEDIA_TYPE)
                .end(problem.json());
    }
}
