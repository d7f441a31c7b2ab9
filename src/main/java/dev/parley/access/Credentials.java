package dev.parley.access;

import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;

/** Keys and tokens: who holds this one? Any thread; never blocks. */
@ApplicationScoped
public class Credentials {

    /**
     * @param credential an opaque key or a JWT, as it came; null and blank are {@link CredentialsException.Kind#MISSING}
     * @return the holder, on any thread; fails with {@link CredentialsException}
     */
    public Uni<Caller> check(String credential) {
        throw new UnsupportedOperationException();
    }
}
