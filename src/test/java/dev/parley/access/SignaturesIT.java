package dev.parley.access;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.parley.testing.Instance;
import dev.parley.testing.TestPostgres;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jose4j.jwk.EcJwkGenerator;
import org.jose4j.jwk.JsonWebKeySet;
import org.jose4j.jwk.OkpJwkGenerator;
import org.jose4j.jwk.PublicJsonWebKey;
import org.jose4j.jwk.RsaJwkGenerator;
import org.jose4j.keys.EllipticCurves;
import org.junit.jupiter.api.Test;

/** Every signature on the packaged service: its cryptography is chosen by name at run time, and a package may lack what the class path of a test has. */
class SignaturesIT {

    private static final String BROADCAST = "{\"messages\":[{\"topic\":\"t\",\"event\":\"e\",\"payload\":{}}]}";
    private static final HttpClient CLIENT = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    @Test
    void everySignatureIsCheckedByTheKeysOfAUrl() throws Exception {
        Map<PublicJsonWebKey, String[]> pairs = new LinkedHashMap<>();
        pairs.put(RsaJwkGenerator.generateJwk(2048), new String[] {"RS256", "RS384", "RS512"});
        pairs.put(EcJwkGenerator.generateJwk(EllipticCurves.P256), new String[] {"ES256"});
        pairs.put(EcJwkGenerator.generateJwk(EllipticCurves.P384), new String[] {"ES384"});
        pairs.put(EcJwkGenerator.generateJwk(EllipticCurves.P521), new String[] {"ES512"});
        pairs.put(OkpJwkGenerator.generateJwk("Ed25519"), new String[] {"EdDSA"});
        pairs.put(OkpJwkGenerator.generateJwk("Ed448"), new String[] {"EdDSA"});
        JsonWebKeySet set = new JsonWebKeySet();
        pairs.forEach((pair, algorithms) -> {
            pair.setKeyId(algorithms[0] + set.getJsonWebKeys().size());
            set.addJsonWebKey(pair);
        });
        String claims = Tokens.claims("authenticated", "ada");
        try (TestPostgres database = TestPostgres.startMigrated(); KeyServer keys = new KeyServer(set.toJson());
                Instance service = Instance.over(database).setting("parley.jwt.jwks-url", keys.url())
                        .setting("parley.realtime.max-rest-events-per-second", "100").start()) {
            for (Map.Entry<PublicJsonWebKey, String[]> pair : pairs.entrySet()) {
                for (String algorithm : pair.getValue()) {
                    String token = Tokens.signed(algorithm, pair.getKey(), claims);
                    assertEquals(202, broadcast(service, token), algorithm);
                    assertEquals(401, broadcast(service, token.substring(0, token.length() - 8) + "AAAAAAAA"), algorithm + " with another signature");
                }
            }
            for (String algorithm : new String[] {"HS256", "HS384", "HS512"}) {
                assertEquals(202, broadcast(service, Tokens.shared(algorithm, null, Instance.JWT_SECRET, claims)), algorithm);
                assertEquals(401, broadcast(service, Tokens.shared(algorithm, null, "another secret", claims)), algorithm + " with another secret");
            }
        }
    }

    private static int broadcast(Instance service, String token) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(service.http("/realtime/v1/api/broadcast")).header("Content-Type", "application/json")
                .header("Authorization", "Bearer " + token).header("apikey", Instance.PUBLISHABLE_KEY).POST(BodyPublishers.ofString(BROADCAST)).build();
        return CLIENT.send(request, BodyHandlers.ofString()).statusCode();
    }
}
