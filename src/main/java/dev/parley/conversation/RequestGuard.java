package dev.parley.conversation;

import dev.parley.database.Database;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.VertxException;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.impl.RoutingContextInternal;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.regex.Pattern;

/**
 * Answers what is wrong with a request to {@code /api} before REST sees it, in REST's words: a body too large to be read or of no type, a path by another name,
 * or that there is no schema yet to work on.
 */
@ApplicationScoped
class RequestGuard {

    private static final int BEFORE_ALL = 1_000;
    private static final int BEFORE_QUARKUS = -1_000;
    private static final Pattern PARAMETERS = Pattern.compile(";[^/]*");

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

    /** What fails before it is led anywhere: a request without a usable Host. Quarkus would write an error into the log for each, whoever sends them. */
    void refuse(@Observes Router router) {
        router.route().order(BEFORE_QUARKUS).failureHandler(context -> {
            if (context.statusCode() == ErrorCode.INVALID_REQUEST.status() && context.failure() instanceof VertxException) {
                refuseUnread(context, Problem.of(ErrorCode.INVALID_REQUEST, context.failure().getMessage()));
            } else {
                context.next();
            }
        });
    }

    private void admit(RoutingContext context) {
        HttpServerRequest request = context.request();
        if (!request.path().startsWith(api)) {
            if (isApiByAnotherName(context)) {
                refuseUnread(context, Problem.of(ErrorCode.NOT_FOUND, "this path is not written as it is documented"));
            } else {
                context.next();
            }
            return;
        }
        String length = request.method() == HttpMethod.GET ? null : request.getHeader(HttpHeaders.CONTENT_LENGTH);
        if (length != null && !limit.admits(length)) {
            refuseUnread(context, limit.problem());
        } else if (isOfNoType(request)) {
            refuseUnread(context, Problem.of(ErrorCode.UNSUPPORTED_MEDIA_TYPE, "the request does not say that its body is application/json"));
        } else if (!database.ready()) {
            refuseUnread(context, Problem.of(ErrorCode.UNAVAILABLE, "the database is not ready yet"));
        } else if (length == null && isChunked(request)) {
            readBounded(context);
        } else {
            context.next();
        }
    }

    /** REST would take it, with parameters in its segments, escapes or doubled slashes, past whatever looks at paths before. */
    private boolean isApiByAnotherName(RoutingContext context) {
        String path = context.request().path();
        boolean plain = path.indexOf(';') < 0 && path.indexOf('%') < 0 && !path.contains("//") && !path.contains("/.");
        return !plain && PARAMETERS.matcher(context.normalizedPath()).replaceAll("").startsWith(api);
    }

    /** REST would take it for JSON. A page of any origin can send such a body without asking, and one of JSON only where CORS lets it. */
    private static boolean isOfNoType(HttpServerRequest request) {
        return request.method() == HttpMethod.POST && !request.headers().contains(HttpHeaders.CONTENT_TYPE);
    }

    /** Of HTTP/2 REST takes no request that was read before. */
    private static boolean isChunked(HttpServerRequest request) {
        return request.headers().contains(HttpHeaders.TRANSFER_ENCODING) && request.version() != HttpVersion.HTTP_2;
    }

    /**
     * Reads a body that does not say how large it is. REST would read on to Quarkus' own limit, and beyond that answer twice: once without a word of what is
     * wrong, and once in vain, as an error in the log.
     */
    private void readBounded(RoutingContext context) {
        HttpServerRequest request = context.request();
        Buffer body = Buffer.buffer();
        request.handler(chunk -> {
            if (limit.admits((long) body.length() + chunk.length())) {
                body.appendBuffer(chunk);
            } else if (!context.response().ended()) {
                refuseUnread(context, limit.problem());
            }
        });
        request.endHandler(end -> {
            if (!context.response().ended()) {
                ((RoutingContextInternal) context).setBody(body);
                context.next();
            }
        });
        if (HttpHeaders.CONTINUE.toString().equalsIgnoreCase(request.getHeader(HttpHeaders.EXPECT))) {
            context.response().writeContinue();
        }
        request.resume(); // requests may come paused
    }

    private static void refuseUnread(RoutingContext context, Problem problem) {
        // the body is not read, so the connection cannot serve another request; by HTTP/2, where Quarkus passes over the rest, the header is an error that ends all of them
        if (context.request().version() != HttpVersion.HTTP_2) {
            context.response().putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
        }
        problem.answer(context.response());
    }
}
