package dev.parley.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Found by the configuration without being named anywhere, and below whatever an operator says. */
class EventLoopsTest {

    private static final String EVENT_LOOPS = "quarkus.vertx.event-loops-pool-size";

    @Test
    void thereAreAsManyEventLoopsAsTheCoresAreWorth() {
        assertEquals(EventLoops.number(Runtime.getRuntime().availableProcessors()), configuration(Map.of()).getValue(EVENT_LOOPS, Integer.class));
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "2, 1", "3, 3", "16, 16"})
    void twoCoresAreBusyWithOneAndMoreHaveOneEach(int cores, int loops) {
        assertEquals(loops, EventLoops.number(cores));
    }

    @Test
    void theConfigurationHasTheLastWord() {
        assertEquals(7, configuration(Map.of(EVENT_LOOPS, "7")).getValue(EVENT_LOOPS, Integer.class));
    }

    private static SmallRyeConfig configuration(Map<String, String> said) {
        return new SmallRyeConfigBuilder().addDiscoveredSources().withSources(new PropertiesConfigSource(said, "said", 100)).build();
    }
}
