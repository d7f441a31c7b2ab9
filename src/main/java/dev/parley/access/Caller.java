package dev.parley.access;

import java.time.Instant;

/**
 * Who holds a key or a token that was found good.
 *
 * @param role      the database role it stands for: {@code anon}, {@code authenticated}, {@code service_role} or another
 * @param subject   the token's {@code sub}, null for keys
 * @param claims    the token's claims as a JSON object; for an opaque key {@code {"role":…}}
 * @param expiresAt from when on it is no good any more, null when it does not expire
 */
public record Caller(String role, String subject, String claims, Instant expiresAt) {
}
