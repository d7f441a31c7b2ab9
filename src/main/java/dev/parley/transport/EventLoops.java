package dev.parley.transport;

import java.util.Set;
import org.eclipse.microprofile.config.spi.ConfigSource;

/**
 * One event loop on up to two cores, else as many as there are cores, unless the configuration says otherwise. Nothing blocks them, so the usual two for each
 * core only wait for each other. Two cores are kept busy by one loop and what goes on beside it (the kernel's part of the network, the compiler, often the
 * database): a single message was delivered after 0.50 ms instead of 0.61, since no second thread has to be woken on its way. As many messages and deliveries
 * went through as with two loops up to 256 messages in flight; with 512 a tenth less.
 */
public final class EventLoops implements ConfigSource {

    private static final String EVENT_LOOPS = "quarkus.vertx.event-loops-pool-size";
    /** Below every file, variable and argument. */
    private static final int ORDINAL = 50;

    static int number(int cores) {
        return cores > 2 ? cores : 1;
    }

    @Override
    public Set<String> getPropertyNames() {
        return Set.of(EVENT_LOOPS);
    }

    @Override
    public String getValue(String name) {
        return EVENT_LOOPS.equals(name) ? String.valueOf(number(Runtime.getRuntime().availableProcessors())) : null;
    }

    @Override
    public int getOrdinal() {
        return ORDINAL;
    }

    @Override
    public String getName() {
        return "number of event loops";
    }
}
