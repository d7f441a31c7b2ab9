package dev.parley.access;

/** A key or token does not hold. The message is upstream's text for it and reveals nothing of the secret. */
public class CredentialsException extends RuntimeException {

    /** Why; upstream has a name and a text for each. */
    public enum Kind { MISSING, EXPIRED, CLAIMS_MISSING, MALFORMED, BAD_SIGNATURE, NO_SIGNER }

    private static final int MAX_KID_SHOWN = 64;

    private final Kind kind;

    public CredentialsException(Kind kind, String message) {
        super(message, null, false, false);
        this.kind = kind;
    }

    static CredentialsException missing() {
        return new CredentialsException(Kind.MISSING, "API key is missing");
    }

    public static CredentialsException expired(long secondsAgo) {
        return new CredentialsException(Kind.EXPIRED, "Token has expired " + secondsAgo + " seconds ago");
    }

    static CredentialsException claimsMissing() {
        return new CredentialsException(Kind.CLAIMS_MISSING, "Fields `role` and `exp` are required in JWT");
    }

    static CredentialsException malformed() {
        return new CredentialsException(Kind.MALFORMED, "The token provided is not a valid JWT");
    }

    static CredentialsException badSignature() {
        return new CredentialsException(Kind.BAD_SIGNATURE, "Failed to validate JWT signature");
    }

    /** @param kid the key that the token names, null when it names none */
    static CredentialsException noSigner(String kid) {
        String which = kid == null ? "" : " for key ID (kid) \"" + shown(kid) + "\"";
        return new CredentialsException(Kind.NO_SIGNER, "Failed to generate JWT signer" + which + ", check your JWT secret or JWKS configuration");
    }

    public Kind kind() {
        return kind;
    }

    /** The text goes to clients and logs: nothing but plain characters, and not many. */
    private static String shown(String kid) {
        return kid.substring(0, Math.min(kid.length(), MAX_KID_SHOWN)).replaceAll("[^ -~]|[\"\\\\]", "?");
    }
}
