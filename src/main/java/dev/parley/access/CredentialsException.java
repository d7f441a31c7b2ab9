package dev.parley.access;

/** A key or token does not hold. The message is upstream's text for it and reveals nothing of the secret. */
public class CredentialsException extends RuntimeException {

    /** Why; upstream has a name and a text for each. */
    public enum Kind { MISSING, EXPIRED, CLAIMS_MISSING, MALFORMED, BAD_SIGNATURE, NO_SIGNER }

    private final Kind kind;

    public CredentialsException(Kind kind, String message) {
        super(message, null, false, false);
        this.kind = kind;
    }

    public Kind kind() {
        return kind;
    }
}
