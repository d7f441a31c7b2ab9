package dev.parley.access;

import io.smallrye.config.SmallRyeConfigBuilder;
import java.util.Map;

/** A configuration interface over settings of a test. */
final class Settings {

    private Settings() {
    }

    static <T> T of(Class<T> type, Map<String, String> settings) {
        return new SmallRyeConfigBuilder().addDiscoveredConverters().withMapping(type).withDefaultValues(settings).build().getConfigMapping(type);
    }
}
