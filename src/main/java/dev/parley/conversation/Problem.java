package dev.parley.conversation;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import jakarta.ws.rs.core.Response;
import java.util.Locale;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/**
 * An error as REST tells it (RFC 9457).
 *
 * @param type   a URI that names the kind of error
 * @param title  the kind in words
 * @param status the HTTP status
 * @param detail what exactly
 * @param code   the stable code
 */
@Schema(name = "Problem", description = "An error. Programs go by `code`.")
public record Problem(
        @Schema(required = true, examples = "urn:parley:error:unknown-conversation") String type,
        @Schema(required = true, examples = "Unknown conversation") String title,
        @Schema(required = true, examples = "404") int status,
        @Schema(required = true, examples = "there is no conversation 018f0000-0000-7000-8000-000000000000") String detail,
        @Schema(required = true, examples = "PARLEY-UNKNOWN-CONVERSATION") String code) {

    /** Of its body. */
    static final String MEDIA_TYPE = "application/problem+json";

    /** With the error's own status. */
    public static Problem of(ErrorCode error, String detail) {
        return of(error, error.status(), detail);
    }

    static Problem of(ErrorCode error, int status, String detail) {
        String type = "urn:parley:error:" + error.name().toLowerCase(Locale.ROOT).replace('_', '-');
        return new Problem(type, error.title(), status, detail, error.code());
    }

    Response response() {
        return Response.status(status).type(MEDIA_TYPE).entity(json()).build();
    }

    /** Answers with it, where REST has no part in it. */
    public void answer(HttpServerResponse response) {
        response.setStatusCode(status).putHeader(HttpHeaders.CONTENT_TYPE, MEDIA_TYPE).end(json());
    }

    /** The body. */
    String json() {
        return "{\"type\":" + quoted(type) + ",\"title\":" + quoted(title) + ",\"status\":" + status
                + ",\"detail\":" + quoted(detail) + ",\"code\":" + quoted(code) + "}";
    }

    private static String quoted(String text) {
        return '"' + new String(JsonStringEncoder.getInstance().quoteAsString(text)) + '"';
    }
}
