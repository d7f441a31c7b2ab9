package dev.parley.access;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** Private channels: {@code parley.realtime.private.*}. */
@ConfigMapping(prefix = "parley.realtime.private")
public interface PrivateChannelConfig {

    /** What holds for somebody whose role the database does not have, or whose role the service may not take: no policy can be asked. */
    @WithDefault("refuse")
    WithoutRole withoutRoles();

    /** Connections for asking the policies. */
    @WithDefault("2")
    int connections();

    /** For how long an answer of the policies serves whoever asks the same. */
    @WithDefault("2s")
    Duration maxAnswerAge();

    /** The answers that the setting names. */
    enum WithoutRole {
        /** Nothing is allowed. */
        REFUSE,
        /** Everything is allowed to whoever has a good key or token. */
        ALLOW
    }
}
