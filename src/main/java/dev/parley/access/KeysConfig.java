package dev.parley.access;

import io.smallrye.config.ConfigMapping;
import java.util.List;
import java.util.Optional;

/** The opaque keys that are accepted: {@code parley.keys.*}. Several of a kind serve to replace one by another. */
@ConfigMapping(prefix = "parley.keys")
public interface KeysConfig {

    /** Keys for browsers: role {@code anon}. */
    Optional<List<String>> publishable();

    /** Keys for servers: role {@code service_role}. */
    Optional<List<String>> secret();
}
