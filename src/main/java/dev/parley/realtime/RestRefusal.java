package dev.parley.realtime;

/** An answer of the REST interface that is not success. */
final class RestRefusal extends RuntimeException {

    private final int status;

    private RestRefusal(int status, String body) {
        super(body, null, false, false);
        this.status = status;
    }

    static RestRefusal message(int status, String message) {
        return new RestRefusal(status, "{\"message\":" + RawJson.quote(message) + "}");
    }

    /** For clients that look for this field. */
    static RestRefusal error(int status, String error) {
        return new RestRefusal(status, "{\"error\":" + RawJson.quote(error) + "}");
    }

    /** @param errors a JSON object: what is wrong, by field */
    static RestRefusal invalid(String errors) {
        return new RestRefusal(422, "{\"errors\":" + errors + "}");
    }

    /** One field with one thing wrong. */
    static RestRefusal invalid(String field, String problem) {
        return invalid("{\"" + field + "\":[" + RawJson.quote(problem) + "]}");
    }

    int status() {
        return status;
    }

    String body() {
        return getMessage();
    }
}
