package dev.parley.conversation;

/**
 * Every error that a client can be told, in REST and in streams. The codes are stable; titles and advice may be reworded.
 */
public enum ErrorCode {

    INVALID_JSON(400, "Not valid JSON", "Send one JSON object in UTF-8."),
    INVALID_UTF8(400, "Not valid UTF-8", "Encode text as UTF-8."),
    INVALID_REQUEST(400, "Invalid request", "Correct the field or parameter that the detail names."),
    INVALID_FRAME(400, "Invalid frame", "Correct the frame's type or the field that the detail names; the stream goes on."),
    INVALID_MESSAGE(400, "Invalid message", "Correct the part of the message that the detail names; sending the same again fails again."),
    INVALID_POSITION(400, "Invalid position", "Open the stream without it, or with one that a stream gave you."),
    BINARY_UNSUPPORTED(400, "Binary frames are not supported", "Send text frames."),
    UNAUTHENTICATED(401, "Unauthenticated", "Get a valid token or key and try again with it."),
    FORBIDDEN(403, "Forbidden", "Ask for the right; trying again does not help."),
    NOT_FOUND(404, "Not found", "Check the path."),
    UNKNOWN_CONVERSATION(404, "Unknown conversation", "Create the conversation first, or correct its id."),
    METHOD_NOT_ALLOWED(405, "Method not allowed", "See the interface's description for the methods of this path."),
    NOT_ACCEPTABLE(406, "Not acceptable", "Accept application/json."),
    CONVERSATION_CLOSED(409, "Conversation closed", "Have an admin open it again, or start another conversation."),
    ID_CONFLICT(409, "Id already used", "Take a new id: this one belongs to something else."),
    TOO_LARGE(413, "Too large", "Send less at once."),
    UNSUPPORTED_MEDIA_TYPE(415, "Unsupported media type", "Send application/json."),
    INTERNAL(500, "Internal error", "Try again later; the service's log has the cause."),
    UNAVAILABLE(503, "Database unavailable", "Try again with the same id: nothing is stored twice."),
    OVERLOADED(503, "Overloaded", "Try again later with the same id: nothing is stored twice.");

    private final String code;
    private final int status;
    private final String title;
    private final String advice;

    ErrorCode(int status, String title, String advice) {
        this.code = "PARLEY-" + name().replace('_', '-');
        this.status = status;
        this.title = title;
        this.advice = advice;
    }

    /** The stable code, {@code PARLEY-…}. */
    public String code() {
        return code;
    }

    /** The HTTP status that goes with it. */
    public int status() {
        return status;
    }

    /** What it is, in a few words, the same each time. */
    public String title() {
        return title;
    }

    /** What the client should do about it. */
    public String advice() {
        return advice;
    }
}
