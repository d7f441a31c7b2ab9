package dev.parley.feed;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithConverter;
import io.smallrye.config.WithDefault;
import io.smallrye.config.WithName;
import java.time.Duration;
import java.util.Optional;

/** Settings of the feed. */
@ConfigMapping(prefix = "parley.feed")
public interface FeedConfig {

    /** Whether foreign writers ring the doorbell: {@code auto}, {@code on} or {@code off}. */
    @WithName("notify")
    @WithDefault("auto")
    @WithConverter(DoorbellMode.Words.class)
    DoorbellMode notifies();

    /** How often the tail looks without being rung. */
    @WithDefault("1s")
    Duration pollInterval();

    /** How long the change log reaches back. */
    @WithDefault("24h")
    Duration retention();

    /** How many rows the change log may hold, whatever their age; a row is about 400 bytes. */
    @WithDefault("20000000")
    long maxRows();

    /** How many rows the tail reads at a time. */
    @WithDefault("1000")
    int pageSize();

    /** How many bytes of rows the tail reads at a time. */
    @WithDefault("1048576")
    long pageBytes();

    /** How long one read may take before its connection counts as dead. */
    @WithDefault("30s")
    Duration readTimeout();

    /** Connections for replays and catch-up. */
    @WithDefault("4")
    int readers();

    /** A direct connection for LISTEN, where the main one goes through a pooler that forbids it. */
    Optional<String> listenUrl();
}
