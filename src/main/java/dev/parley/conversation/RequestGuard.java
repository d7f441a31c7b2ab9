package dev.parley.conversation;

import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;

/** Answers what is wrong with a request to {@code /api} before REST sees it, in REST's words: bodies too large, paths that cannot be decoded. */
@ApplicationScoped
class RequestGuard {

    private static final String API = "/api/";
    private static final int BEFORE_ALL = 1_000;

    private final BodyLimit limit;

    RequestGuard(BodyLimit limit) {
        this.limit = limit;
    }

    void guardSize(@Observes Filters filters) {
        filters.register(this::refuseLargeBody, BEFORE_ALL);
    }

    void explainFailures(@Observes Router router) {
        router.route(API + "*").order(Integer.MIN_VALUE).failureHandler(RequestGuard::explain);
    }

    private void refuseLargeBody(RoutingContext context) {
        HttpServerRequest request = context.request();
        String length = request.method() == HttpMethod.GET || !request.path().startsWith(API)
                ? null : request.getHeader(HttpHeaders.CONTENT_LENGTH);
        if (length == null || limit.admits(length)) {
            context.next();
            return;
        }
        // the body is not read, so the connection cannot serve another request
        context.response().putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
        answer(context, limit.problem());
    }

    private static void explain(RoutingContext context) {
        int status = context.statusCode();
        if (context.response().ended() || context.response().headWritten() || status < 400 || status >= 500) {
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
