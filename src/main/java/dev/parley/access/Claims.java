package dev.parley.access;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.Map;

/** The rules for the claims of a token whose signature holds. */
final class Claims {

    /** How far the clocks of who issues tokens and of this machine may be apart where upstream does not look at all. */
    private static final long SKEW_SECONDS = 60;
    private static final long END_OF_TIME = Instant.parse("9999-12-31T23:59:59Z").getEpochSecond();

    private Claims() {
    }

    /**
     * Who the token stands for.
     *
     * @param required values that claims must have
     * @param now      in seconds
     * @throws CredentialsException when it has expired, or a claim is missing or wrong
     */
    static Caller caller(Token token, Map<String, String> required, long now) {
        JsonNode claims = token.claims();
        JsonNode expiry = claims.path("exp");
        long expires = expiry.isNumber() ? Math.max(0, Math.min(END_OF_TIME, Math.round(expiry.doubleValue()))) : END_OF_TIME;
        if (expires <= now) {
            throw CredentialsException.expired(now - expires);
        }
        if (!numberIfThere(claims.get("iat")) || !numberIfThere(claims.get("nbf")) || claims.path("nbf").asDouble(0) > now + SKEW_SECONDS) {
            throw CredentialsException.malformed();
        }
        String role = claims.path("role").textValue();
        if (!expiry.isNumber() || role == null || role.isEmpty()) {
            throw CredentialsException.claimsMissing();
        }
        required.forEach((name, value) -> {
            if (!has(claims.path(name), value)) {
                throw CredentialsException.malformed();
            }
        });
        JsonNode subject = claims.path("sub");
        return new Caller(role, subject.isValueNode() && !subject.isNull() ? subject.asText() : null, token.json(), Instant.ofEpochSecond(expires));
    }

    private static boolean numberIfThere(JsonNode claim) {
        return claim == null || claim.isNumber();
    }

    private static boolean has(JsonNode claim, String value) {
        if (claim.isArray()) {
            for (JsonNode member : claim) {
                if (member.isTextual() && member.textValue().equals(value)) {
                    return true;
                }
            }
            return false;
        }
        return claim.isValueNode() && claim.asText().equals(value);
    }
}
