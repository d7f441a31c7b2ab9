package dev.parley.access;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.parley.access.CredentialsException.Kind;
import dev.parley.testing.Await;
import io.quarkus.runtime.configuration.ConfigurationException;
import io.smallrye.mutiny.Uni;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jose4j.jwk.EcJwkGenerator;
import org.jose4j.jwk.JsonWebKey;
import org.jose4j.jwk.JsonWebKeySet;
import org.jose4j.jwk.OctJwkGenerator;
import org.jose4j.jwk.OctetSequenceJsonWebKey;
import org.jose4j.jwk.OkpJwkGenerator;
import org.jose4j.jwk.PublicJsonWebKey;
import org.jose4j.jwk.RsaJwkGenerator;
import org.jose4j.keys.EllipticCurves;
import org.jose4j.lang.JoseException;
import org.junit.jupiter.api.Test;

/** Tokens by public keys. */
class JwksTest {

    private static final String GOOD = Tokens.claims("authenticated", "ada");
    private static final Duration SOON = Duration.ofSeconds(15);

    @Test
    void everyKindOfKeyIsTaken() throws JoseException {
        Map<PublicJsonWebKey, String[]> pairs = new HashMap<>();
        pairs.put(named("rsa", RsaJwkGenerator.generateJwk(2048)), new String[] {"RS256", "RS384", "RS512"});
        pairs.put(named("p256", EcJwkGenerator.generateJwk(EllipticCurves.P256)), new String[] {"ES256"});
        pairs.put(named("p384", EcJwkGenerator.generateJwk(EllipticCurves.P384)), new String[] {"ES384"});
        pairs.put(named("p521", EcJwkGenerator.generateJwk(EllipticCurves.P521)), new String[] {"ES512"});
        pairs.put(named("ed25519", OkpJwkGenerator.generateJwk("Ed25519")), new String[] {"EdDSA"});
        pairs.put(named("ed448", OkpJwkGenerator.generateJwk("Ed448")), new String[] {"EdDSA"});
        try (Doorman doorman = new Doorman(Map.of("parley.jwt.jwks", jwks(pairs.keySet().toArray(JsonWebKey[]::new))))) {
            pairs.forEach((pair, algorithms) -> {
                for (String algorithm : algorithms) {
                    String token = Tokens.signed(algorithm, pair, GOOD);
                    assertEquals("ada", doorman.admit(token).subject(), pair.getKeyId() + " " + algorithm);
                    assertEquals(GOOD, doorman.admit(token).claims(), "a second time");
                    doorman.refuse(Kind.BAD_SIGNATURE, broken(token));
                    doorman.refuse(Kind.NO_SIGNER, Tokens.signed(algorithm, null, pair.getPrivateKey(), GOOD));
                    doorman.refuse(Kind.NO_SIGNER, Tokens.signed(algorithm, "another", pair.getPrivateKey(), GOOD));
                }
            });
        }
    }

    @Test
    void theNewNamesOfEdwardsSignaturesAreTaken() throws JoseException {
        PublicJsonWebKey pair = named("ed", OkpJwkGenerator.generateJwk("Ed25519"));
        try (Doorman doorman = new Doorman(Map.of("parley.jwt.jwks", jwks(pair)))) {
            // nothing but the name differs, and the name is signed
            String signed = Tokens.base64("{\"alg\":\"Ed25519\",\"kid\":\"ed\"}".getBytes(StandardCharsets.UTF_8)) + "."
                    + Tokens.base64(GOOD.getBytes(StandardCharsets.UTF_8));
            assertEquals("ada", doorman.admit(signed + "." + Tokens.base64(ed25519(pair, signed))).subject());
            doorman.refuse(Kind.NO_SIGNER, Tokens.base64("{\"alg\":\"Ed448\",\"kid\":\"ed\"}".getBytes(StandardCharsets.UTF_8)) + signed.substring(signed.indexOf('.')) + ".AAAA");
        }
    }

    @Test
    void aPublicKeyIsNoSharedSecret() throws JoseException {
        PublicJsonWebKey rsa = named("rsa", RsaJwkGenerator.generateJwk(2048));
        PublicJsonWebKey ec = named("ec", EcJwkGenerator.generateJwk(EllipticCurves.P256));
        String header = "{\"typ\":\"JWT\",\"alg\":\"HS256\",\"kid\":\"%s\"}";
        try (Doorman doorman = new Doorman(Map.of("parley.jwt.jwks", jwks(rsa, ec)));
                Doorman both = new Doorman(Map.of("parley.jwt.jwks", jwks(rsa, ec), "parley.jwt.secret", Tokens.SECRET))) {
            for (PublicJsonWebKey pair : List.of(rsa, ec)) {
                String pem = "-----BEGIN PUBLIC KEY-----\n" + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(pair.getPublicKey().getEncoded())
                        + "\n-----END PUBLIC KEY-----\n";
                for (byte[] secret : List.of(pair.getPublicKey().getEncoded(), pem.getBytes(StandardCharsets.UTF_8),
                        pair.toJson(JsonWebKey.OutputControlLevel.PUBLIC_ONLY).getBytes(StandardCharsets.UTF_8))) {
                    String forged = Tokens.byHand(header.formatted(pair.getKeyId()), GOOD, secret, "HmacSHA256");
                    doorman.refuse(Kind.NO_SIGNER, forged);
                    both.refuse(Kind.BAD_SIGNATURE, forged);
                }
            }
        }
    }

    @Test
    void anAlgorithmTakesItsOwnKeysAlone() throws JoseException {
        PublicJsonWebKey rsa = named("k", RsaJwkGenerator.generateJwk(2048));
        PublicJsonWebKey p256 = named("k", EcJwkGenerator.generateJwk(EllipticCurves.P256));
        PublicJsonWebKey p384 = named("k", EcJwkGenerator.generateJwk(EllipticCurves.P384));
        PublicJsonWebKey encrypting = named("e", EcJwkGenerator.generateJwk(EllipticCurves.P256));
        encrypting.setUse("enc");
        try (Doorman doorman = new Doorman(Map.of("parley.jwt.jwks", jwks(p384, encrypting)))) {
            doorman.refuse(Kind.NO_SIGNER, Tokens.signed("RS256", rsa, GOOD));
            doorman.refuse(Kind.NO_SIGNER, Tokens.signed("ES256", p256, GOOD));
            doorman.refuse(Kind.NO_SIGNER, Tokens.signed("ES256", encrypting, GOOD));
            doorman.refuse(Kind.NO_SIGNER, Tokens.signed("PS256", rsa, GOOD));
            doorman.admit(Tokens.signed("ES384", p384, GOOD));
            // a signature of nothing but zeros once passed for any text
            String signed = Tokens.signed("ES384", p384, GOOD);
            doorman.refuse(Kind.BAD_SIGNATURE, signed.substring(0, signed.lastIndexOf('.') + 1) + Tokens.base64(new byte[96]));
            doorman.refuse(Kind.BAD_SIGNATURE, signed.substring(0, signed.lastIndexOf('.') + 1));
        }
    }

    @Test
    void aSharedSecretMayStandAmongTheKeysAndThenWins() throws JoseException {
        OctetSequenceJsonWebKey oct = OctJwkGenerator.generateJwk(256);
        oct.setKeyId("oct");
        String keys = new JsonWebKeySet(List.of(oct)).toJson(JsonWebKey.OutputControlLevel.INCLUDE_SYMMETRIC);
        try (Doorman doorman = new Doorman(Map.of("parley.jwt.jwks", keys, "parley.jwt.secret", Tokens.SECRET))) {
            doorman.admit(Tokens.signed("HS256", "oct", oct.getKey(), GOOD));
            doorman.refuse(Kind.BAD_SIGNATURE, Tokens.shared("HS256", "oct", Tokens.SECRET, GOOD));
            doorman.admit(Tokens.shared("HS256", "other", Tokens.SECRET, GOOD));
        }
    }

    @Test
    void newKeysAreFoundWhenATokenNamesThemAndOldOnesGo() throws JoseException {
        PublicJsonWebKey first = named("first", EcJwkGenerator.generateJwk(EllipticCurves.P256));
        PublicJsonWebKey second = named("second", RsaJwkGenerator.generateJwk(2048));
        try (KeyServer server = new KeyServer(jwks(first)); Doorman doorman = new Doorman(Map.of("parley.jwt.jwks-url", server.url()))) {
            String old = Tokens.signed("ES256", first, GOOD);
            doorman.admit(old); // also before the first answer is there: it is waited for
            server.answers(jwks(second));
            doorman.admit(old);
            Await.until(() -> doorman.admit(Tokens.signed("RS256", second, GOOD)) != null, SOON, "the new key is found");
            doorman.refuse(Kind.NO_SIGNER, old);
        }
    }

    @Test
    void keysAreReadAgainNowAndThen() throws JoseException {
        PublicJsonWebKey first = named("first", EcJwkGenerator.generateJwk(EllipticCurves.P256));
        try (KeyServer server = new KeyServer(jwks(first));
                Doorman doorman = new Doorman(Map.of("parley.jwt.jwks-url", server.url(), "parley.jwt.jwks-refresh", "1s"))) {
            String token = Tokens.signed("ES256", first, GOOD);
            doorman.admit(token);
            server.answers(jwks());
            Await.until(() -> doorman.refusal(token) == Kind.NO_SIGNER, SOON, "a key that was withdrawn holds no more");
        }
    }

    @Test
    void whileTheUrlIsAwayTheKeysGoOnHolding() throws JoseException {
        PublicJsonWebKey first = named("first", EcJwkGenerator.generateJwk(EllipticCurves.P256));
        PublicJsonWebKey second = named("second", EcJwkGenerator.generateJwk(EllipticCurves.P256));
        try (KeyServer server = new KeyServer(jwks(first));
                Doorman doorman = new Doorman(Map.of("parley.jwt.jwks-url", server.url(), "parley.jwt.jwks-refresh", "1s"), Clock.systemUTC(), 10)) {
            doorman.admit(Tokens.signed("ES256", first, GOOD));
            List<Runnable> troubles = List.of(() -> server.status(503), () -> server.status(302), () -> server.answers("<html>"), () -> server.answers("{}"),
                    () -> server.answers("{\"keys\":[" + " ".repeat(300 * 1024) + "]}"), server::hangUp);
            for (Runnable trouble : troubles) {
                server.status(200);
                trouble.run();
                int before = server.asked();
                Await.until(() -> doorman.refusal(Tokens.signed("ES256", second, GOOD)) == Kind.NO_SIGNER && server.asked() > before, SOON, "asked again");
                doorman.admit(Tokens.signed("ES256", first, Tokens.claims("anon", "new" + before)));
            }
            server.answers(jwks(first, second));
            server.status(200);
            Await.until(() -> doorman.admit(Tokens.signed("ES256", second, GOOD)) != null, SOON, "back again");
        }
    }

    @Test
    void madeUpKeysDoNotHammerTheUrl() throws JoseException {
        PublicJsonWebKey first = named("first", EcJwkGenerator.generateJwk(EllipticCurves.P256));
        try (KeyServer server = new KeyServer(jwks(first)); Doorman doorman = new Doorman(Map.of("parley.jwt.jwks-url", server.url()), Clock.systemUTC(), 60_000)) {
            doorman.admit(Tokens.signed("ES256", first, GOOD));
            for (int i = 0; i < 200; i++) {
                doorman.refuse(Kind.NO_SIGNER, Tokens.signed("ES256", "made-up-" + i, first.getPrivateKey(), GOOD));
            }
            assertEquals(1, server.asked());
        }
    }

    @Test
    void socketsThatComeAtOnceWithOneTokenShareItsVerification() throws JoseException {
        PublicJsonWebKey pair = named("rsa", RsaJwkGenerator.generateJwk(4096));
        try (KeyServer server = new KeyServer(jwks(pair)); Doorman doorman = new Doorman(Map.of("parley.jwt.jwks-url", server.url()))) {
            String token = Tokens.signed("RS512", pair, GOOD);
            List<Uni<Caller>> all = new ArrayList<>();
            for (int i = 0; i < 10_000; i++) {
                all.add(doorman.credentials().check(token));
            }
            List<Caller> callers = Uni.join().all(all).andFailFast().await().atMost(SOON);
            assertTrue(callers.stream().allMatch(caller -> caller == callers.get(0)), "one outcome for all");
            assertEquals(1, server.asked());
        }
    }

    @Test
    void settingsThatCannotWorkAreRefusedWithoutQuotingThem() {
        for (Map<String, String> settings : List.of(Map.of("parley.jwt.jwks-url", "file:///etc/passwd"), Map.of("parley.jwt.jwks-url", "data:,x"),
                Map.of("parley.jwt.jwks-url", "jwks.json"), Map.of("parley.jwt.jwks", "{\"secret\":1}"), Map.of("parley.jwt.jwks", "/etc/jwks"))) {
            ConfigurationException refused = assertThrows(ConfigurationException.class, () -> new Doorman(settings).close());
            assertTrue(refused.getMessage().startsWith("parley.jwt.jwks"), refused.getMessage());
            assertTrue(!refused.getMessage().contains("secret") && !refused.getMessage().contains("etc"), refused.getMessage());
        }
    }

    private static <T extends PublicJsonWebKey> T named(String kid, T pair) {
        pair.setKeyId(kid);
        return pair;
    }

    private static String jwks(JsonWebKey... keys) {
        return new JsonWebKeySet(keys).toJson(JsonWebKey.OutputControlLevel.PUBLIC_ONLY);
    }

    /** The signature's first byte is another one. */
    private static String broken(String token) {
        int dot = token.lastIndexOf('.');
        byte[] signature = Base64.getUrlDecoder().decode(token.substring(dot + 1));
        signature[0] ^= 1;
        return token.substring(0, dot + 1) + Tokens.base64(signature);
    }

    private static byte[] ed25519(PublicJsonWebKey pair, String signed) {
        try {
            java.security.Signature signature = java.security.Signature.getInstance("Ed25519");
            signature.initSign(pair.getPrivateKey());
            signature.update(signed.getBytes(StandardCharsets.US_ASCII));
            return signature.sign();
        } catch (java.security.GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }
}
