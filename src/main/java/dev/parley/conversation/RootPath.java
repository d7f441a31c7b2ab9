package dev.parley.conversation;

import jakarta.inject.Singleton;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** Where all that is served over HTTP lies: {@code quarkus.http.root-path}, for those who look at paths before any framework does. */
@Singleton
public class RootPath {

    private final String base;

    RootPath(@ConfigProperty(name = "quarkus.http.root-path", defaultValue = "/") String configured) {
        this.base = configured.endsWith("/") ? configured.substring(0, configured.length() - 1) : configured;
    }

    /** Without a slash at its end: empty for the root itself. */
    public String base() {
        return base;
    }
}
