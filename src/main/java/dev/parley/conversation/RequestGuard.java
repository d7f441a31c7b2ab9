package dev.parley.conversation;

import dev.parley.database.Database;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;

/**
 * Answers what is wrong with a request to {@code /api} before REST sees it, in REST's words: a body too large to be read, or that there is no
 * schema yet to work on.
 */
@ApplicationScoped
class RequestGuard {

    private static final int BEFORE_ALL = 1_000;

    private final BodyLimit limit;
    private final Database database;
    private final String api;

    RequestGuard(RootPath root, BodyLimit limit, Database database) {
        this.api = root.base() + "/api/";
        this.limit = limit;
        this.database = database;
    }

    void guard(@Observes Filters filters) {
        filters.register(this::admit, BEFORE_ALL);
    }

    private void admit(RoutingContext context) {
        HttpServerRequest request = context.request();
        if (!request.path().startsWith(api)) {
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
        problem.answer(context.response());
    }
}
