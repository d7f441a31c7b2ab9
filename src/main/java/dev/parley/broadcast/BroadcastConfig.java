package dev.parley.broadcast;

import io.smallrye.config.ConfigMapping;
import java.util.Optional;

/** Settings of the ephemeral bus. */
@ConfigMapping(prefix = "parley.broadcast")
public interface BroadcastConfig {

    /** A direct connection for LISTEN, where the main one goes through a pooler that forbids it. */
    Optional<String> listenUrl();
}
