package dev.parley.access;

import java.security.Key;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jose4j.jwk.JsonWebKey;
import org.jose4j.jwk.JsonWebKeySet;
import org.jose4j.lang.JoseException;

/** The keys of one JWKS, by their {@code kid}. Keys without one and of unknown types are left out. Immutable. */
final class KeySet {

    static final KeySet EMPTY = new KeySet(Map.of());

    private final Map<String, List<JsonWebKey>> byKid;

    private KeySet(Map<String, List<JsonWebKey>> byKid) {
        this.byKid = byKid;
    }

    /** @throws IllegalArgumentException when it is no JWKS; the message does not quote it, since there may be secrets in it */
    static KeySet parse(String json) {
        Map<String, List<JsonWebKey>> byKid = new HashMap<>();
        try {
            for (JsonWebKey key : new JsonWebKeySet(json).getJsonWebKeys()) {
                if (key.getKeyId() != null) {
                    byKid.computeIfAbsent(key.getKeyId(), kid -> new ArrayList<>(1)).add(key);
                }
            }
        } catch (JoseException | RuntimeException e) {
            throw new IllegalArgumentException("not a JSON Web Key Set");
        }
        return new KeySet(byKid);
    }

    /** The key of that name that the algorithm takes, null when there is none. */
    Key find(String kid, TokenAlgorithm algorithm) {
        for (JsonWebKey jwk : byKid.getOrDefault(kid, List.of())) {
            Key key = algorithm.key(jwk);
            if (key != null) {
                return key;
            }
        }
        return null;
    }

    int size() {
        return byKid.size();
    }
}
