package dev.parley.conversation;

/** An error that the client is told. It carries no stack trace: it says what was wrong with the request, not with the program. */
public class ParleyException extends RuntimeException {

    private final ErrorCode code;

    /**
     * @param code   what kind of error
     * @param detail what exactly, readable by the client's developer; holds nothing secret
     */
    public ParleyException(ErrorCode code, String detail) {
        super(detail, null, false, false);
        this.code = code;
    }

    /** What kind of error. */
    public ErrorCode code() {
        return code;
    }
}
