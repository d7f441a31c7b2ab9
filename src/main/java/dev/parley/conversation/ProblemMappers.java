package dev.parley.conversation;

import dev.parley.database.Reminder;
import jakarta.inject.Singleton;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jboss.logging.Logger;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;

/** Turns whatever fails in REST into a {@link Problem}. */
@Singleton
class ProblemMappers {

    private static final Logger LOG = Logger.getLogger(ProblemMappers.class);
    /** While the database is away, or a right is missing, each request fails. */
    private static final Duration REMINDER = Duration.ofSeconds(10);
    private static final int MOST_KINDS = 100;

    private final Reminder unavailable = new Reminder(REMINDER);
    private final Map<String, Reminder> unexpected = new ConcurrentHashMap<>();

    @ServerExceptionMapper
    Response known(ParleyException failure) {
        return problem(failure).response();
    }

    @ServerExceptionMapper
    Response http(WebApplicationException failure) {
        Response answer = failure.getResponse();
        int status = answer.getStatus();
        if (status < 400) {
            return answer;
        }
        if (status >= 500) {
            return unexpected(failure);
        }
        ErrorCode error = switch (status) {
            case 401 -> ErrorCode.UNAUTHENTICATED;
            case 403 -> ErrorCode.FORBIDDEN;
            case 404 -> ErrorCode.NOT_FOUND;
            case 405 -> ErrorCode.METHOD_NOT_ALLOWED;
            case 406 -> ErrorCode.NOT_ACCEPTABLE;
            case 413 -> ErrorCode.TOO_LARGE;
            case 415 -> ErrorCode.UNSUPPORTED_MEDIA_TYPE;
            default -> ErrorCode.INVALID_REQUEST;
        };
        // not the exception's own words, which name classes and methods
        return Problem.of(error, status, error.advice()).response();
    }

    @ServerExceptionMapper
    Response unexpected(Throwable failure) {
        return problem(failure).response();
    }

    /** What to say of a failure that is not REST's own. */
    Problem problem(Throwable failure) {
        if (failure instanceof ParleyException known) {
            return Problem.of(known.code(), known.getMessage());
        }
        if (DatabaseErrors.isUnavailable(failure)) {
            unavailable.say(() -> LOG.warnf("Requests are answered 503: the database cannot be reached (%s)", failure.getMessage()));
            return Problem.of(ErrorCode.UNAVAILABLE, "the database cannot be reached at the moment");
        }
        if (DatabaseErrors.isRefused(failure)) {
            LOG.debug("the database refuses a request", failure);
            return Problem.of(ErrorCode.INVALID_REQUEST, "the database refuses this: a constraint or a trigger does not let it in");
        }
        if (DatabaseErrors.isUntranslatable(failure)) {
            LOG.debug("the database's encoding lacks a character of a request", failure);
            return Problem.of(ErrorCode.INVALID_REQUEST, "the text has a character that the database's encoding has not");
        }
        if (failure.getClass() == IOException.class) {
            // from reading the request: the client went away
            return Problem.of(ErrorCode.INVALID_REQUEST, "the body cannot be read");
        }
        String kind = unexpected.size() < MOST_KINDS ? failure.toString() : "";
        unexpected.computeIfAbsent(kind, unknown -> new Reminder(REMINDER)).say(() -> LOG.error("A request failed unexpectedly", failure));
        return Problem.of(ErrorCode.INTERNAL, "something went wrong here; the log has more");
    }
}
