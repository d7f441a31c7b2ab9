package dev.parley.access;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.quarkus.runtime.StartupEvent;
import io.quarkus.runtime.configuration.ConfigurationException;
import io.smallrye.config.ConfigValidationException;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class AccessTest {

    @Test
    void guardedIsRefusedAtStartWithASentence() {
        ConfigurationException refused = assertThrows(ConfigurationException.class, () -> new Access(config("guarded"), null).start(new StartupEvent()));
        assertTrue(refused.getMessage().contains("parley.access=guarded is not available"), refused.getMessage());
    }

    @Test
    void openStartsAndIsTheDefault() {
        assertDoesNotThrow(() -> new Access(config("open"), null).start(new StartupEvent()));
        assertEquals(AccessConfig.Mode.OPEN, config(null).mode());
    }

    @Test
    void anotherValueIsRefused() {
        assertThrows(ConfigValidationException.class, () -> config("closed"));
    }

    @Test
    void withOpenAccessEverybodyMayDoEverythingUnderAnyName() {
        Access access = new Access(config("open"), null);
        Identity named = access.speaksAs(Identity.ANONYMOUS, "ada", "admin");
        assertEquals(new Identity("ada", "admin"), named);
        assertEquals(Identity.ANONYMOUS, access.speaksAs(Identity.ANONYMOUS, null, null));
        assertEquals(new Identity("ada", "system"), access.speaksAs(named, null, "system"));
        assertEquals(new Identity("bob", "admin"), access.speaksAs(named, "bob", null));
        UUID id = UUID.randomUUID();
        assertTrue(access.mayRead(named, id).await().indefinitely());
        assertTrue(access.maySend(named, id).await().indefinitely());
        assertTrue(access.mayCreate(named, null).await().indefinitely());
        assertTrue(access.mayAdminister(Identity.ANONYMOUS).await().indefinitely());
    }

    private static AccessConfig config(String value) {
        return new SmallRyeConfigBuilder().withMapping(AccessConfig.class)
                .withDefaultValues(value == null ? Map.of() : Map.of("parley.access", value)).build().getConfigMapping(AccessConfig.class);
    }
}
