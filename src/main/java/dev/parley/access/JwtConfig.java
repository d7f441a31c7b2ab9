package dev.parley.access;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/** Which tokens are accepted: {@code parley.jwt.*}. */
@ConfigMapping(prefix = "parley.jwt")
public interface JwtConfig {

    /** The shared secret of HS256, HS384 and HS512. */
    Optional<String> secret();

    /** Where the public keys of RS*, ES* and EdDSA are, http or https. */
    Optional<String> jwksUrl();

    /** The same keys as JSON, for those who have no URL; with a URL too, both hold. */
    Optional<String> jwks();

    /** How often the URL is read again; an unknown key makes it be read at once. */
    @WithDefault("10m")
    Duration jwksRefresh();

    /** Claims that must have this value, such as {@code parley.jwt.require.iss}; of a list, such as {@code aud}, one member. */
    Map<String, String> require();
}
