package dev.parley.access;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.parley.access.CredentialsException.Kind;
import dev.parley.testing.Seed;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Tokens by the shared secret, and what all tokens must be like. */
class TokenTest {

    private static final byte[] SECRET = Tokens.SECRET.getBytes(StandardCharsets.UTF_8);
    private static final String GOOD = Tokens.claims("authenticated", "ada");

    private final Doorman doorman = new Doorman(Map.of("parley.jwt.secret", Tokens.SECRET));

    @AfterEach
    void close() {
        doorman.close();
    }

    @Test
    void aGoodTokenTellsWhoItIs() {
        for (String algorithm : new String[] {"HS256", "HS384", "HS512"}) {
            Caller caller = doorman.admit(Tokens.shared(algorithm, null, Tokens.SECRET, GOOD));
            assertEquals("authenticated", caller.role());
            assertEquals("ada", caller.subject());
            assertEquals(GOOD, caller.claims());
            assertTrue(caller.expiresAt().isAfter(Instant.now()));
        }
        assertEquals("ada", doorman.admit(Tokens.shared("HS256", "some-kid", Tokens.SECRET, GOOD)).subject(), "a kid without a JWKS: the secret");
        assertNull(doorman.admit(Tokens.shared("{\"role\":\"anon\",\"exp\":9999999999}")).subject());
        assertEquals("anon", doorman.admit(Tokens.byHand("{\"alg\":\"HS256\"}", "{\"role\":\"anon\",\"exp\":9999999999}", SECRET, "HmacSHA256")).role(), "no typ");
    }

    @Test
    void aTokenIsTakenAsAnUrlOrALineBreakLeftIt() {
        String token = Tokens.shared(GOOD);
        assertEquals("ada", doorman.admit("  " + token.replace(".", "%2E").replace("e", "%65") + "\r\n").subject());
        assertEquals("ada", doorman.admit(token.substring(0, 20) + "\n " + token.substring(20)).subject());
        doorman.refuse(Kind.MALFORMED, token + "%");
        doorman.refuse(Kind.MALFORMED, token + "%2");
        doorman.refuse(Kind.MALFORMED, token + "%zz");
    }

    @Test
    void expiryIsToldInSecondsAndAlsoOfATokenThatWasGoodBefore() {
        CredentialsException expired = doorman.refuse(Tokens.shared("{\"role\":\"anon\",\"exp\":" + (Tokens.now() - 100) + "}"));
        assertEquals(Kind.EXPIRED, expired.kind());
        assertTrue(expired.getMessage().matches("Token has expired 1[0-2]\\d seconds ago"), expired::getMessage);

        AtomicReference<Instant> time = new AtomicReference<>(Instant.ofEpochSecond(1_000_000));
        try (Doorman later = new Doorman(Map.of("parley.jwt.secret", Tokens.SECRET), clock(time), 100)) {
            String token = Tokens.shared("{\"role\":\"anon\",\"exp\":1000009.6}");
            assertEquals(Instant.ofEpochSecond(1_000_010), later.admit(token).expiresAt(), "rounded");
            time.set(Instant.ofEpochSecond(1_000_009));
            later.admit(token);
            time.set(Instant.ofEpochSecond(1_000_010));
            assertEquals("Token has expired 0 seconds ago", later.refuse(token).getMessage());
            time.set(Instant.ofEpochSecond(1_000_013));
            assertEquals("Token has expired 3 seconds ago", later.refuse(token).getMessage());
        }
    }

    @Test
    void roleAndExpiryAreRequired() {
        for (String claims : new String[] {"{}", "{\"role\":\"anon\"}", "{\"exp\":9999999999}", "{\"role\":7,\"exp\":9999999999}",
            "{\"role\":\"\",\"exp\":9999999999}", "{\"role\":\"anon\",\"exp\":\"9999999999\"}", "{\"role\":\"anon\",\"exp\":null}"}) {
            CredentialsException refused = doorman.refuse(Tokens.shared(claims));
            assertEquals(Kind.CLAIMS_MISSING, refused.kind(), claims);
            assertEquals("Fields `role` and `exp` are required in JWT", refused.getMessage());
        }
    }

    @Test
    void oddTimesAreRefused() {
        doorman.refuse(Kind.MALFORMED, Tokens.shared("{\"role\":\"anon\",\"exp\":9999999999,\"iat\":\"now\"}"));
        doorman.refuse(Kind.MALFORMED, Tokens.shared("{\"role\":\"anon\",\"exp\":9999999999,\"nbf\":\"now\"}"));
        doorman.refuse(Kind.MALFORMED, Tokens.shared("{\"role\":\"anon\",\"exp\":9999999999,\"nbf\":" + (Tokens.now() + 600) + "}"));
        doorman.admit(Tokens.shared("{\"role\":\"anon\",\"exp\":9999999999,\"iat\":1.5,\"nbf\":" + (Tokens.now() + 10) + "}"));
        doorman.refuse(Kind.EXPIRED, Tokens.shared("{\"role\":\"anon\",\"exp\":-1e300}"));
        doorman.refuse(Kind.EXPIRED, Tokens.shared("{\"role\":\"anon\",\"exp\":-1}"));
        doorman.admit(Tokens.shared("{\"role\":\"anon\",\"exp\":1e300}"));
    }

    @Test
    void claimsThatAreDemandedMustHaveTheirValue() {
        try (Doorman strict = new Doorman(Map.of("parley.jwt.secret", Tokens.SECRET, "parley.jwt.require.iss", "me", "parley.jwt.require.aud", "you"))) {
            strict.admit(Tokens.shared("{\"role\":\"anon\",\"exp\":9999999999,\"iss\":\"me\",\"aud\":[\"they\",\"you\"]}"));
            strict.refuse(Kind.MALFORMED, Tokens.shared("{\"role\":\"anon\",\"exp\":9999999999,\"iss\":\"me\"}"));
            strict.refuse(Kind.MALFORMED, Tokens.shared("{\"role\":\"anon\",\"exp\":9999999999,\"iss\":\"him\",\"aud\":\"you\"}"));
            strict.refuse(Kind.MALFORMED, Tokens.shared("{\"role\":\"anon\",\"exp\":9999999999,\"iss\":{\"me\":1},\"aud\":[]}"));
        }
    }

    @Test
    void anotherSecretOrAChangedTokenIsRefused() {
        CredentialsException refused = doorman.refuse(Tokens.shared("HS256", null, "another secret of some length or so", GOOD));
        assertEquals(Kind.BAD_SIGNATURE, refused.kind());
        assertEquals("Failed to validate JWT signature", refused.getMessage());
        String token = Tokens.shared(GOOD);
        String forged = Tokens.base64(Tokens.claims("service_role", "ada").getBytes(StandardCharsets.UTF_8));
        doorman.refuse(Kind.BAD_SIGNATURE, token.replaceFirst("\\.[^.]*\\.", "." + forged + "."));
        doorman.refuse(Kind.BAD_SIGNATURE, token.substring(0, token.lastIndexOf('.') + 1));
        doorman.refuse(Kind.BAD_SIGNATURE, Tokens.shared("HS256", null, "another secret of some length or so", "{}"));
    }

    @Test
    void onlyKnownAlgorithmsAreTaken() {
        for (String algorithm : new String[] {"none", "None", "NONE", "hs256", "PS256", "ES256K", "HS1", "", "RS256"}) {
            CredentialsException refused = doorman.refuse(Tokens.byHand("{\"typ\":\"JWT\",\"alg\":\"" + algorithm + "\"}", GOOD, SECRET, "HmacSHA256"));
            assertEquals(Kind.NO_SIGNER, refused.kind(), algorithm);
            assertEquals("Failed to generate JWT signer, check your JWT secret or JWKS configuration", refused.getMessage());
        }
        doorman.refuse(Kind.NO_SIGNER, Tokens.base64("{\"alg\":\"none\"}".getBytes(StandardCharsets.UTF_8)) + "." + Tokens.base64(GOOD.getBytes(StandardCharsets.UTF_8)) + ".");
        doorman.refuse(Kind.NO_SIGNER, Tokens.byHand("{}", GOOD, SECRET, "HmacSHA256"));
        doorman.refuse(Kind.NO_SIGNER, Tokens.byHand("{\"alg\":[\"HS256\"]}", GOOD, SECRET, "HmacSHA256"));
        doorman.refuse(Kind.NO_SIGNER, Tokens.byHand("{\"alg\":\"HS256\",\"crit\":[\"b64\"],\"b64\":false}", GOOD, SECRET, "HmacSHA256"));
        CredentialsException named = doorman.refuse(Tokens.byHand("{\"alg\":\"RS256\",\"kid\":\"a\\\"\\nb\"}", GOOD, SECRET, "HmacSHA256"));
        assertEquals("Failed to generate JWT signer for key ID (kid) \"a??b\", check your JWT secret or JWKS configuration", named.getMessage());
    }

    @Test
    void whatIsNoTokenIsSaidToBeNone() {
        String token = Tokens.shared(GOOD);
        for (String nonsense : new String[] {"x", ".", "..", "...", "a.b.c", token + ".x", token + ".x.y", "Bearer " + token, token.replace('.', ','),
            Tokens.byHand("[]", GOOD, SECRET, "HmacSHA256"), Tokens.byHand("{\"alg\":\"HS256\"}", "[]", SECRET, "HmacSHA256"),
            Tokens.byHand("{\"alg\":\"HS256\"}", GOOD + " {}", SECRET, "HmacSHA256"), Tokens.byHand("{\"alg\":\"HS256\"}", "", SECRET, "HmacSHA256"),
            Tokens.byHand("{\"alg\":\"HS256\",\"alg\":\"none\"}", GOOD, SECRET, "HmacSHA256"),
            Tokens.byHand("{\"alg\":\"HS256\"}", "{\"role\":\"anon\",\"role\":\"service_role\",\"exp\":9999999999}", SECRET, "HmacSHA256"),
            Tokens.byHand("{\"alg\":\"HS256\"}", "[".repeat(2000), SECRET, "HmacSHA256"),
            Tokens.byHand("{\"alg\":\"HS256\"}", "{\"a\":".repeat(300) + "1" + "}".repeat(300), SECRET, "HmacSHA256"),
            "é" + token, token + "\u0000", "😀.😀.😀", Tokens.base64(new byte[] {'{', (byte) 0xff, '}'}) + ".e30."}) {
            CredentialsException refused = doorman.refuse(nonsense);
            assertEquals(Kind.MALFORMED, refused.kind(), nonsense);
            assertEquals("The token provided is not a valid JWT", refused.getMessage());
        }
    }

    @Test
    void anOversizedTokenIsNotLookedAt() {
        String padding = "x".repeat(8 * 1024);
        doorman.refuse(Kind.MALFORMED, Tokens.shared("{\"role\":\"anon\",\"exp\":9999999999,\"pad\":\"" + padding + "\"}"));
        doorman.admit(Tokens.shared("{\"role\":\"anon\",\"exp\":9999999999,\"pad\":\"" + padding.substring(0, 4096) + "\"}"));
    }

    @Test
    void aShortSecretWorksAllTheSame() {
        try (Doorman lax = new Doorman(Map.of("parley.jwt.secret", "short"))) {
            lax.admit(Tokens.shared("HS512", null, "short", GOOD));
            lax.refuse(Kind.BAD_SIGNATURE, Tokens.shared("HS512", null, "shorter", GOOD));
        }
    }

    @Test
    void noGarbageIsLetInOrBreaksAnything() {
        Random random = new Random(Seed.of(TokenTest.class));
        String token = Tokens.shared(GOOD);
        String alphabet = "abcXYZ019-_.=%+/ \n\u0000é😀{}\"";
        for (int i = 0; i < 20_000; i++) {
            StringBuilder mutated = new StringBuilder(token);
            for (int edits = 1 + random.nextInt(4); edits > 0 && !mutated.isEmpty(); edits--) {
                int at = random.nextInt(mutated.length());
                switch (random.nextInt(4)) {
                    case 0 -> mutated.setCharAt(at, alphabet.charAt(random.nextInt(alphabet.length())));
                    case 1 -> mutated.insert(at, alphabet.charAt(random.nextInt(alphabet.length())));
                    case 2 -> mutated.deleteCharAt(at);
                    default -> mutated.setLength(Math.max(1, at));
                }
            }
            try {
                // white space and the last bits of a base64 text change nothing: then the token is the same one
                assertEquals(GOOD, doorman.admit(mutated.toString()).claims());
            } catch (CredentialsException refused) {
                // as it should be
            }
        }
    }

    @Test
    void whatIsKeptOfTokensIsBounded() {
        VerifiedTokens kept = new VerifiedTokens(10_000);
        for (int i = 0; i < 1_000; i++) {
            kept.put("t" + i, new VerifiedTokens.Verified(new Caller("anon", null, "x".repeat(i), null), null));
            kept.put("t" + i, new VerifiedTokens.Verified(new Caller("anon", null, "x".repeat(i), null), null));
            kept.get("t0");
        }
        assertTrue(kept.size() > 3 && kept.size() < 20, () -> kept.size() + " tokens");
        assertTrue(kept.get("t999") != null && kept.get("t500") == null);
        kept.put("large", new VerifiedTokens.Verified(new Caller("anon", null, "x".repeat(20_000), null), null));
        assertEquals(0, kept.size(), "larger than everything");
    }

    private static Clock clock(AtomicReference<Instant> time) {
        return new Clock() {
            @Override
            public Instant instant() {
                return time.get();
            }

            @Override
            public ZoneOffset getZone() {
                return ZoneOffset.UTC;
            }

            @Override
            public Clock withZone(java.time.ZoneId zone) {
                return this;
            }
        };
    }
}
