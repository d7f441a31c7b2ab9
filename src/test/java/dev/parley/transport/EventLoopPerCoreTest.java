package dev.parley.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Found by the configuration without being named anywhere, and below whatever an operator says. */
class EventLoopPerCoreTest {

    private static final String EVENT_LOOPS = "quarkus.vertx.event-loops-pool-size";

    @Test
    void thereIsAnEventLoopForEachCore() {
        assertEquals(Runtime.getRuntime().availableProcessors(), configuration(Map.of()).getValue(EVENT_LOOPS, Integer.class));
    }

    @Test
    void theConfigurationHasTheLastWord() {
        assertEquals(7, configuration(Map.of(EVENT_LOOPS, "7")).getValue(EVENT_LOOPS, Integer.class));
    }

    private static SmallRyeConfig configuration(Map<String, String> said) {
        return new SmallRyeConfigBuilder().addDiscoveredSources().withSources(new PropertiesConfigSource(said, "said", 100)).build();
    }
}
