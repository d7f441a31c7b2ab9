package dev.parley.access;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.parley.access.CredentialsException.Kind;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.runtime.configuration.ConfigurationException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;

class KeyringTest {

    @Test
    void keysStandForTheirRolesAndDoNotExpire() {
        try (Doorman doorman = new Doorman(Map.of("parley.keys.publishable", "sb_publishable_a", "parley.keys.secret", "sb_secret_b"))) {
            assertEquals(new Caller("anon", null, "{\"role\":\"anon\"}", null), doorman.admit("sb_publishable_a"));
            assertEquals(new Caller("service_role", null, "{\"role\":\"service_role\"}", null), doorman.admit("sb_secret_b"));
            assertEquals("anon", doorman.admit(" sb_publishable%5Fa\n").role(), "as an URL or a line break left it");
        }
    }

    @Test
    void keysAreReplacedByHavingTwoForAWhile() {
        try (Doorman doorman = new Doorman(Map.of("parley.keys.publishable", "sb_publishable_old, sb_publishable_new,"))) {
            assertEquals("anon", doorman.admit("sb_publishable_old").role());
            assertEquals("anon", doorman.admit("sb_publishable_new").role());
            doorman.refuse(Kind.MALFORMED, "sb_publishable_old, sb_publishable_new");
        }
    }

    @Test
    void anUnknownKeyIsRefusedAsUpstreamDoes() {
        try (Doorman doorman = new Doorman(Map.of("parley.keys.publishable", "sb_publishable_a"))) {
            CredentialsException refused = doorman.refuse("sb_publishable_b");
            assertEquals(Kind.MALFORMED, refused.kind());
            assertEquals("The token provided is not a valid JWT", refused.getMessage());
            doorman.refuse(Kind.MALFORMED, "sb_publishable_");
            doorman.refuse(Kind.MALFORMED, "sb_publishable_aa");
            for (String none : new String[] {null, "", " \n"}) {
                assertEquals("API key is missing", doorman.refuse(none).getMessage());
            }
        }
    }

    @Test
    void productionHasNoKeysOfItsOwn() {
        try (Doorman doorman = new Doorman(Map.of())) {
            doorman.refuse(Kind.MALFORMED, "sb_publishable_parley");
            doorman.refuse(Kind.MALFORMED, "sb_secret_parley");
            doorman.refuse(Kind.NO_SIGNER, Tokens.shared(Tokens.claims("anon", "a")));
        }
    }

    @Test
    void developmentHasKeysWhereNoneAreConfigured() {
        Keyring keyring = keyring(Map.of("parley.keys.secret", "mine"), true);
        assertEquals("anon", keyring.holder("sb_publishable_parley").role());
        assertEquals("service_role", keyring.holder("mine").role());
        assertNull(keyring.holder("sb_secret_parley"));
        assertTrue(keyring.tokenKey().getEncoded().length >= 32);
    }

    @Test
    void onlyDevelopmentPrintsKeysAndOnlyItsOwn() {
        List<String> said = lines(() -> keyring(Map.of("parley.keys.secret", "mine"), true).start(new StartupEvent()));
        assertEquals(1, said.size(), said::toString);
        assertTrue(said.get(0).contains("sb_publishable_parley") && !said.get(0).contains("mine"), said::toString);
        said = lines(() -> keyring(Map.of("parley.keys.secret", "mine", "parley.jwt.secret", "short"), false).start(new StartupEvent()));
        assertEquals(1, said.size(), said::toString);
        assertTrue(said.get(0).contains("shorter than 32 bytes") && !said.get(0).contains("mine"), said::toString);
    }

    @Test
    void productionWithoutAnyKeySaysWhatIsMissing() {
        List<String> said = lines(() -> keyring(Map.of(), false).start(new StartupEvent()));
        assertEquals(List.of("The Supabase protocol lets nobody in until parley.keys.publishable, parley.jwt.secret or parley.jwt.jwks-url is set"), said);
        assertEquals(List.of(), lines(() -> keyring(Map.of("parley.jwt.secret", Tokens.SECRET), false).start(new StartupEvent())));
    }

    @Test
    void oneKeyCannotBeBoth() {
        assertThrows(ConfigurationException.class, () -> keyring(Map.of("parley.keys.publishable", "a,b", "parley.keys.secret", "b"), false));
    }

    private static Keyring keyring(Map<String, String> settings, boolean development) {
        return new Keyring(Settings.of(KeysConfig.class, settings), Settings.of(JwtConfig.class, settings), development);
    }

    private static List<String> lines(Runnable work) {
        List<String> lines = new ArrayList<>();
        Handler handler = new Handler() {
            @Override
            public void publish(LogRecord line) {
                lines.add(line.getMessage());
            }

            @Override
            public void flush() {
            }

            @Override
            public void close() {
            }
        };
        Logger logger = Logger.getLogger(Keyring.class.getName());
        logger.addHandler(handler);
        try {
            work.run();
        } finally {
            logger.removeHandler(handler);
        }
        return lines;
    }
}
