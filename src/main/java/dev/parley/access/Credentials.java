package dev.parley.access;

import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** Keys and tokens: who holds this one? Any thread; never blocks. */
@ApplicationScoped
public class Credentials {

    private static final int MAX_LENGTH = 8 * 1024;

    private final Keyring keyring;
    private final TokenVerifier tokens;

    Credentials(Keyring keyring, TokenVerifier tokens) {
        this.keyring = keyring;
        this.tokens = tokens;
    }

    /**
     * @param credential an opaque key or a JWT, as it came; null and blank are {@link CredentialsException.Kind#MISSING}
     * @return the holder, on any thread; fails with {@link CredentialsException}
     */
    public Uni<Caller> check(String credential) {
        return Uni.createFrom().deferred(() -> {
            try {
                return holder(credential);
            } catch (RuntimeException e) {
                return Uni.createFrom().failure(e);
            }
        });
    }

    private Uni<Caller> holder(String credential) {
        if (credential == null || credential.isBlank()) {
            throw CredentialsException.missing();
        }
        if (credential.length() > MAX_LENGTH) {
            throw CredentialsException.malformed();
        }
        String clean = clean(credential);
        Caller holder = keyring.holder(clean);
        return holder != null ? Uni.createFrom().item(holder) : tokens.verify(clean);
    }

    /** Undoes what a URL or a line break did to it. Keys and tokens need neither percent signs nor white space. */
    private static String clean(String credential) {
        boolean plain = credential.chars().allMatch(c -> c > ' ' && c < 127 && c != '%');
        return plain ? credential : decoded(credential).replaceAll("\\s", "");
    }

    private static String decoded(String text) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(text.length());
        byte[] encoded = text.getBytes(StandardCharsets.UTF_8);
        for (int i = 0; i < encoded.length; i++) {
            if (encoded[i] != '%') {
                bytes.write(encoded[i]);
                continue;
            }
            int high = i + 2 < encoded.length ? Character.digit(encoded[i + 1], 16) : -1;
            int low = i + 2 < encoded.length ? Character.digit(encoded[i + 2], 16) : -1;
            if (high < 0 || low < 0) {
                throw CredentialsException.malformed();
            }
            bytes.write(high << 4 | low);
            i += 2;
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }
}
