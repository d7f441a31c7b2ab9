package dev.parley.database;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.nio.file.Path;

/** The PostgreSQL that Parley starts by itself when no database URL is configured. */
@ConfigMapping(prefix = "parley.embedded")
public interface EmbeddedConfig {

    /** Where its data lives; a relative path starts at the working directory. */
    @WithDefault("data/postgres")
    Path dataDir();

    /** The port on the loopback address; 0 takes a free one and logs it. */
    @WithDefault("0")
    int port();
}
