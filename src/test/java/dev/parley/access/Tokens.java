package dev.parley.access;

import java.nio.charset.StandardCharsets;
import java.security.Key;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jose4j.jwk.PublicJsonWebKey;
import org.jose4j.jws.JsonWebSignature;
import org.jose4j.lang.JoseException;

/** Makes tokens, good ones and bad ones. */
public final class Tokens {

    static final String SECRET = "a secret for tests that is long enough for anything";

    private Tokens() {
    }

    static long now() {
        return System.currentTimeMillis() / 1000;
    }

    /** Claims that hold for an hour. */
    static String claims(String role, String subject) {
        return "{\"role\":\"" + role + "\",\"sub\":\"" + subject + "\",\"exp\":" + (now() + 3600) + "}";
    }

    static String shared(String claims) {
        return shared("HS256", null, SECRET, claims);
    }

    public static String shared(String algorithm, String kid, String secret, String claims) {
        return byHand("{\"typ\":\"JWT\",\"alg\":\"" + algorithm + "\"" + (kid == null ? "" : ",\"kid\":\"" + kid + "\"") + "}", claims,
                secret.getBytes(StandardCharsets.UTF_8), algorithm.replace("HS", "HmacSHA"));
    }

    /** Any header and claims, signed with an HMAC whatever the header says. */
    static String byHand(String header, String claims, byte[] secret, String mac) {
        String signed = base64(header.getBytes(StandardCharsets.UTF_8)) + "." + base64(claims.getBytes(StandardCharsets.UTF_8));
        return signed + "." + base64(hmac(mac, secret, signed));
    }

    static String signed(String algorithm, PublicJsonWebKey pair, String claims) {
        return signed(algorithm, pair.getKeyId(), pair.getPrivateKey(), claims);
    }

    static String signed(String algorithm, String kid, Key key, String claims) {
        try {
            JsonWebSignature signature = new JsonWebSignature();
            signature.setHeader("typ", "JWT");
            signature.setAlgorithmHeaderValue(algorithm);
            if (kid != null) {
                signature.setKeyIdHeaderValue(kid);
            }
            signature.setPayload(claims);
            signature.setKey(key);
            return signature.getCompactSerialization();
        } catch (JoseException e) {
            throw new IllegalStateException(e);
        }
    }

    static String base64(byte[] bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    private static byte[] hmac(String mac, byte[] secret, String text) {
        try {
            Mac hmac = Mac.getInstance(mac);
            hmac.init(new SecretKeySpec(secret, mac));
            return hmac.doFinal(text.getBytes(StandardCharsets.US_ASCII));
        } catch (java.security.GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }
}
