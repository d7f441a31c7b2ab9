package dev.parley.conversation;

import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.ws.rs.core.MediaType;

/**
 * Takes the sends that are like nearly all, JSON of a declared length, past the REST layer, which would be a third of what the service does for a
 * message (17 of 53 µs). Everything else about {@code POST /api/conversations/{id}/messages}, and what is told of it, is {@link MessageResource}'s:
 * what is unusual goes on to it, and errors have the same mappers.
 */
@ApplicationScoped
class MessageRoute {

    private static final int OK = 200;
    private static final int CREATED = 201;
    /** As the REST layer says it. */
    private static final String JSON = "application/json;charset=UTF-8";

    private final MessageSender sender;
    private final BodyLimit limit;
    private final ProblemMappers problems;
    private final String path;

    MessageRoute(MessageSender sender, BodyLimit limit, ProblemMappers problems, RootPath root) {
        this.sender = sender;
        this.limit = limit;
        this.problems = problems;
        this.path = root.base() + "/api/conversations/:id/messages";
    }

    void register(@Observes Router router) {
        router.post(path).handler(this::take);
    }

    private void take(RoutingContext context) {
        HttpServerRequest request = context.request();
        String length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
        if (length == null || !limit.admits(length) || !MediaType.APPLICATION_JSON.equals(request.getHeader(HttpHeaders.CONTENT_TYPE))
                || !takesJson(request.getHeader(HttpHeaders.ACCEPT)) || request.headers().contains(HttpHeaders.EXPECT)) {
            context.next();
            return;
        }
        HttpServerResponse response = context.response();
        Context loop = Vertx.currentContext();
        request.body().onComplete(body -> {
            if (body.failed()) {
                // the client has gone, mostly: the database has no part in it
                answer(response, Problem.of(ErrorCode.INVALID_REQUEST, "the body cannot be read"));
                return;
            }
            try {
                sender.send(TextRules.uuid("id", context.pathParam("id"), ErrorCode.INVALID_REQUEST), body.result().getBytes(), request).subscribe().with(
                        sent -> loop.runOnContext(back -> answer(response, sent)),
                        failure -> loop.runOnContext(back -> refuse(response, failure)));
            } catch (RuntimeException e) {
                refuse(response, e);
            }
        });
        request.resume(); // requests come paused
    }

    private static boolean takesJson(String accept) {
        return accept == null || accept.equals("*/*") || accept.equals(MediaType.APPLICATION_JSON);
    }

    private static void answer(HttpServerResponse response, Sent sent) {
        if (isAwaited(response)) {
            response.setStatusCode(sent.duplicate() ? OK : CREATED).putHeader(HttpHeaders.CONTENT_TYPE, JSON).end(sent.row());
        }
    }

    private void refuse(HttpServerResponse response, Throwable failure) {
        answer(response, problems.problem(failure));
    }

    private static void answer(HttpServerResponse response, Problem problem) {
        if (isAwaited(response)) {
            problem.answer(response);
        }
    }

    private static boolean isAwaited(HttpServerResponse response) {
        return !response.ended() && !response.closed();
    }
}
