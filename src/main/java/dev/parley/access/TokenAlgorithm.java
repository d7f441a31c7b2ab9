package dev.parley.access;

import java.security.Key;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jose4j.jca.ProviderContext;
import org.jose4j.jwk.EllipticCurveJsonWebKey;
import org.jose4j.jwk.JsonWebKey;
import org.jose4j.jwk.OctetKeyPairJsonWebKey;
import org.jose4j.jwk.PublicJsonWebKey;
import org.jose4j.jws.EcdsaUsingShaAlgorithm;
import org.jose4j.jws.EdDsaAlgorithm;
import org.jose4j.jws.HmacUsingShaAlgorithm;
import org.jose4j.jws.JsonWebSignatureAlgorithm;
import org.jose4j.jws.RsaUsingShaAlgorithm;
import org.jose4j.lang.JoseException;

/**
 * The signatures that are accepted, by their name in a token's header. Each takes one type of key and no other, so that a public key
 * can't be passed off as a shared secret.
 */
enum TokenAlgorithm {
    HS256("oct", null, new HmacUsingShaAlgorithm.HmacSha256()),
    HS384("oct", null, new HmacUsingShaAlgorithm.HmacSha384()),
    HS512("oct", null, new HmacUsingShaAlgorithm.HmacSha512()),
    RS256("RSA", null, new RsaUsingShaAlgorithm.RsaSha256()),
    RS384("RSA", null, new RsaUsingShaAlgorithm.RsaSha384()),
    RS512("RSA", null, new RsaUsingShaAlgorithm.RsaSha512()),
    ES256("EC", "P-256", new EcdsaUsingShaAlgorithm.EcdsaP256UsingSha256()),
    ES384("EC", "P-384", new EcdsaUsingShaAlgorithm.EcdsaP384UsingSha384()),
    ES512("EC", "P-521", new EcdsaUsingShaAlgorithm.EcdsaP521UsingSha512()),
    EdDSA("OKP", null, new EdDsaAlgorithm()),
    Ed25519("OKP", "Ed25519", new EdDsaAlgorithm()),
    Ed448("OKP", "Ed448", new EdDsaAlgorithm());

    private static final Map<String, TokenAlgorithm> BY_NAME = new HashMap<>();

    static {
        for (TokenAlgorithm algorithm : values()) {
            BY_NAME.put(algorithm.name(), algorithm);
        }
    }

    private final String keyType;
    private final String curve;
    private final JsonWebSignatureAlgorithm signatures;

    TokenAlgorithm(String keyType, String curve, JsonWebSignatureAlgorithm signatures) {
        this.keyType = keyType;
        this.curve = curve;
        this.signatures = signatures;
    }

    /** The algorithm of that name, null when it is not accepted. */
    static TokenAlgorithm named(String name) {
        return BY_NAME.get(name);
    }

    /** Whether it goes by a shared secret, which also makes it cheap. */
    boolean isShared() {
        return keyType.equals("oct");
    }

    /** The key in a form that this algorithm takes, null when the key is meant for something else. */
    Key key(JsonWebKey jwk) {
        List<String> operations = jwk.getKeyOps();
        boolean fits = keyType.equals(jwk.getKeyType())
                && (jwk.getUse() == null || jwk.getUse().equals("sig"))
                && (operations == null || operations.contains("verify"))
                && (jwk.getAlgorithm() == null || jwk.getAlgorithm().equals(name()) || keyType.equals("OKP"))
                && fitsCurve(jwk);
        if (!fits) {
            return null;
        }
        return jwk instanceof PublicJsonWebKey pair ? pair.getPublicKey() : jwk.getKey();
    }

    private boolean fitsCurve(JsonWebKey jwk) {
        if (jwk instanceof EllipticCurveJsonWebKey ec) {
            return ec.getCurveName().equals(curve);
        }
        if (jwk instanceof OctetKeyPairJsonWebKey okp) {
            return curve == null ? okp.getSubtype().startsWith("Ed") : okp.getSubtype().equals(curve);
        }
        return true;
    }

    /** Whether the signature is that key's. Anything odd about key or signature is a no. */
    boolean verify(byte[] signature, Key key, byte[] signed) {
        try {
            if (!isShared()) { // a short secret is the operator's choice, who was warned
                signatures.validateVerificationKey(key);
            }
            return signatures.verifySignature(signature, key, signed, new ProviderContext());
        } catch (JoseException | RuntimeException e) {
            return false;
        }
    }
}
