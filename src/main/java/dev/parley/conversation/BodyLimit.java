package dev.parley.conversation;

import jakarta.enterprise.context.ApplicationScoped;

/** The largest request body: the largest message, each character of it escaped, and room for the rest. */
@ApplicationScoped
class BodyLimit {

    /** {@code \\uXXXX\\uXXXX} */
    private static final int BYTES_PER_CHARACTER = 12;
    /** {@code \\uXXXX} */
    private static final int BYTES_PER_METADATA_BYTE = 6;
    private static final int REST = 16 * 1024;

    private final long bytes;

    BodyLimit(MessageConfig config) {
        this.bytes = (long) BYTES_PER_CHARACTER * config.maxContent() + (long) BYTES_PER_METADATA_BYTE * config.maxMetadata() + REST;
    }

    /** @throws ParleyException TOO_LARGE */
    void check(byte[] body) {
        if (body != null && body.length > bytes) {
            throw new ParleyException(ErrorCode.TOO_LARGE, detail());
        }
    }

    /** Whether a body may have so many bytes. */
    boolean admits(long length) {
        return length <= bytes;
    }

    /** Whether a Content-Length header is within the limit; what is no number is HTTP's affair. */
    boolean admits(String contentLength) {
        try {
            return admits(Long.parseLong(contentLength));
        } catch (NumberFormatException e) {
            return true;
        }
    }

    Problem problem() {
        return Problem.of(ErrorCode.TOO_LARGE, detail());
    }

    private String detail() {
        return "a request body may have at most " + bytes + " bytes";
    }
}
