package dev.parley.access;

import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * Which pages may use REST and open a stream. A browser lets any page open a socket to anywhere, with the cookies and from the network of whoever looks at it:
 * what keeps others from REST does not keep them from a socket. Any thread.
 */
@ApplicationScoped
public class Origins {

    private static final String ANY = "*";
    private static final Pattern HEADER_NAMES = Pattern.compile("[A-Za-z0-9_, -]{1,1000}");

    private final List<String> named;
    /** Between slashes, as CORS has them. */
    private final List<Pattern> patterns;

    Origins(@ConfigProperty(name = "quarkus.http.cors.origins") Optional<List<String>> origins) {
        List<String> all = origins.orElse(List.of());
        this.named = all.stream().filter(origin -> !isPattern(origin)).toList();
        this.patterns = all.stream().filter(Origins::isPattern).map(origin -> Pattern.compile(origin.substring(1, origin.length() - 1))).toList();
    }

    private static boolean isPattern(String origin) {
        return origin.length() > 2 && origin.startsWith("/") && origin.endsWith("/");
    }

    /** Those of this service, those that CORS is open to, and whatever is no browser. */
    public boolean admit(HttpServerRequest request) {
        String origin = request.getHeader(HttpHeaders.ORIGIN);
        return origin == null || isOwn(origin, request) || isNamed(origin);
    }

    /** Whether CORS is open to anybody. */
    public boolean areNamed() {
        return !named.isEmpty() || !patterns.isEmpty();
    }

    /** Whether CORS is open to this one. */
    public boolean isNamed(String origin) {
        return named.contains(origin) || named.contains(ANY) || patterns.stream().anyMatch(pattern -> pattern.matcher(origin).matches());
    }

    /** The headers that a page wants to send, as its browser asks before; empty where it asks for none, or for what are no names. */
    public static Optional<String> requestedHeaders(HttpServerRequest request) {
        return Optional.ofNullable(request.getHeader(HttpHeaders.ACCESS_CONTROL_REQUEST_HEADERS)).filter(names -> HEADER_NAMES.matcher(names).matches());
    }

    /** The scheme is not looked at: where TLS ends in front of the service, it is not the page's. */
    private static boolean isOwn(String origin, HttpServerRequest request) {
        int scheme = origin.indexOf("://");
        if (scheme < 0) {
            return false;
        }
        String host = origin.substring(scheme + 3);
        // what a proxy says of the host may lack the port that the page's own word has
        return host.equalsIgnoreCase(String.valueOf(request.authority())) || host.equalsIgnoreCase(request.getHeader(HttpHeaders.HOST));
    }
}
