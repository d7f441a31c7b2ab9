package dev.parley.conversation;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;

/** How large a message may be: {@code parley.message.*}. */
@ConfigMapping(prefix = "parley.message")
public interface MessageConfig {

    /** The longest content, in characters (Unicode code points). */
    @WithDefault("16384")
    int maxContent();

    /** The largest metadata, of messages and of conversations, in bytes of the JSON that is stored. */
    @WithDefault("8192")
    int maxMetadata();
}
