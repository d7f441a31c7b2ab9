package dev.parley.access;

import io.quarkus.runtime.LaunchMode;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.runtime.configuration.ConfigurationException;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import java.nio.charset.StandardCharsets;
import java.security.Key;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.crypto.spec.SecretKeySpec;
import org.jboss.logging.Logger;

/** The opaque keys and the shared secret. Development and tests have some without being asked; production never. Immutable. */
@ApplicationScoped
class Keyring {

    private static final Logger LOG = Logger.getLogger(Keyring.class);
    private static final int ENOUGH_BYTES = 32;
    private static final String PUBLISHABLE = "sb_publishable_parley";
    private static final String SECRET = "sb_secret_parley";
    private static final String TOKEN_SECRET = "parley-development-secret-never-use-it-in-production";

    private final boolean development;
    private final boolean anybody;
    private final List<byte[]> publishable;
    private final List<byte[]> secret;
    private final Optional<byte[]> tokenSecret;
    private final List<String> defaults = new ArrayList<>();
    private final Key tokenKey;
    private final Caller anon = new Caller("anon", null, "{\"role\":\"anon\"}", null);
    private final Caller service = new Caller("service_role", null, "{\"role\":\"service_role\"}", null);

    @Inject
    Keyring(KeysConfig keys, JwtConfig jwt) {
        this(keys, jwt, LaunchMode.current() != LaunchMode.NORMAL);
    }

    /** @param development whether there are keys that nobody configured */
    Keyring(KeysConfig keys, JwtConfig jwt, boolean development) {
        this.development = development;
        publishable = encoded(keys.publishable().or(() -> unset("parley.keys.publishable", PUBLISHABLE).map(List::of)));
        secret = encoded(keys.secret().or(() -> unset("parley.keys.secret", SECRET).map(List::of)));
        tokenSecret = jwt.secret().or(() -> unset("parley.jwt.secret", TOKEN_SECRET)).map(text -> text.getBytes(StandardCharsets.UTF_8));
        tokenKey = tokenSecret.map(bytes -> new SecretKeySpec(bytes, "HMAC")).orElse(null);
        anybody = !publishable.isEmpty() || !secret.isEmpty() || tokenKey != null || jwt.jwksUrl().isPresent() || jwt.jwks().isPresent();
        if (publishable.stream().anyMatch(key -> holds(secret, key))) {
            throw new ConfigurationException("parley.keys.publishable and parley.keys.secret have a key in common: what would it be allowed?");
        }
    }

    void start(@Observes StartupEvent event) {
        if (!defaults.isEmpty()) {
            LOG.info("Keys of development, since none are configured: " + String.join(", ", defaults));
        }
        if (!anybody) {
            LOG.warn("The Supabase protocol lets nobody in until parley.keys.publishable, parley.jwt.secret or parley.jwt.jwks-url is set");
        } else if (tokenSecret.isPresent() && tokenSecret.get().length < ENOUGH_BYTES) {
            LOG.warn("parley.jwt.secret is shorter than " + ENOUGH_BYTES + " bytes: who has one token may find it out by trying");
        }
    }

    /** Who holds an opaque key, null when it is none of ours. How long the answer takes tells nothing of the keys. */
    Caller holder(String key) {
        byte[] given = key.getBytes(StandardCharsets.UTF_8);
        boolean isPublishable = holds(publishable, given);
        boolean isSecret = holds(secret, given);
        return isSecret ? service : isPublishable ? anon : null;
    }

    /** The shared secret, null when there is none. */
    Key tokenKey() {
        return tokenKey;
    }

    private Optional<String> unset(String setting, String value) {
        if (!development) {
            return Optional.empty();
        }
        defaults.add(setting + "=" + value);
        return Optional.of(value);
    }

    private static boolean holds(List<byte[]> keys, byte[] given) {
        boolean found = false;
        for (byte[] key : keys) {
            found |= MessageDigest.isEqual(key, given);
        }
        return found;
    }

    private static List<byte[]> encoded(Optional<List<String>> keys) {
        return keys.orElse(List.of()).stream().map(String::strip).filter(key -> !key.isEmpty())
                .map(key -> key.getBytes(StandardCharsets.UTF_8)).toList();
    }
}
