package dev.parley.access;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.quarkus.runtime.StartupEvent;
import io.vertx.core.Vertx;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;

/** Credentials over settings of a test. */
final class Doorman implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    final Jwks jwks;
    private final Vertx vertx = Vertx.vertx();
    private final Credentials credentials;

    Doorman(Map<String, String> settings) {
        this(settings, Clock.systemUTC(), 100);
    }

    Doorman(Map<String, String> settings, Clock clock, long leastPauseMs) {
        JwtConfig jwt = Settings.of(JwtConfig.class, settings);
        Keyring keyring = new Keyring(Settings.of(KeysConfig.class, settings), jwt, false);
        jwks = new Jwks(vertx, jwt, leastPauseMs);
        jwks.start(new StartupEvent());
        credentials = new Credentials(keyring, new TokenVerifier(keyring, jwks, jwt, vertx, clock));
    }

    Credentials credentials() {
        return credentials;
    }

    Caller admit(String credential) {
        return credentials.check(credential).await().atMost(PATIENCE);
    }

    CredentialsException refuse(String credential) {
        return assertThrows(CredentialsException.class, () -> admit(credential));
    }

    void refuse(CredentialsException.Kind kind, String credential) {
        assertEquals(kind, refuse(credential).kind(), credential);
    }

    /** Why it is refused now, null when it is admitted: for waiting until that changes. */
    CredentialsException.Kind refusal(String credential) {
        try {
            admit(credential);
            return null;
        } catch (CredentialsException e) {
            return e.kind();
        }
    }

    @Override
    public void close() {
        jwks.stop(null);
        vertx.close();
    }
}
