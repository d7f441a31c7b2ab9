package dev.parley.stream;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** Settings of the streams. */
@ConfigMapping(prefix = "parley.stream")
public interface StreamConfig {

    /** Rows that a replay reads at a time. */
    @WithDefault("500")
    int replayPage();

    /** Bytes of rows that a replay reads at a time. */
    @WithDefault("262144")
    long replayBytes();

    /** Changes that a joining stream keeps while it replays; with more it reads on from the database instead. */
    @WithDefault("2000")
    int joinBuffer();

    /** How often an idle stream is told its position, so that what it holds does not age; at most a quarter of {@code parley.feed.retention}. */
    @WithDefault("30s")
    Duration positionInterval();
}
