package dev.parley.access;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import io.smallrye.config.WithParentName;

/** The setting {@code parley.access}. */
@ConfigMapping(prefix = "parley.access")
public interface AccessConfig {

    /** Who is let in: {@code open} lets everybody do everything. */
    @WithParentName
    @WithDefault("open")
    Mode mode();

    /** The kinds of access that the setting names. */
    enum Mode {
        /** Everybody may do everything, under any name. */
        OPEN,
        /** Tokens and keys decide. Reserved: refused at start. */
        GUARDED
    }
}
