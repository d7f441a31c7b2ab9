package dev.parley.broadcast;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** Settings of presence. */
@ConfigMapping(prefix = "parley.presence")
public interface PresenceConfig {

    /** How often a replica says that it is there; after three times that of silence its members are gone. The same on all replicas. */
    @WithDefault("5s")
    Duration heartbeat();

    /** How many may be present on one topic. */
    @WithDefault("10000")
    int maxMembers();
}
