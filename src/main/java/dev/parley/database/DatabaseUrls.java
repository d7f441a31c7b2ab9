package dev.parley.database;

import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.StringJoiner;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Derives the URL of one driver from the other's: migrations use JDBC, everything else the reactive client. */
final class DatabaseUrls {

    private static final String JDBC = "jdbc:";
    private static final Set<String> SCHEMES = Set.of("postgresql", "postgres");
    /** What both drivers call the same; any other parameter means something to one of them only. */
    private static final Set<String> SHARED_PARAMETERS = Set.of("sslmode", "sslrootcert", "sslcert", "sslkey", "user", "password");

    /** Also a name with an underscore, as networks of containers have: to {@link URI} it is no host, to both drivers it is. Never several. */
    private static final Pattern SERVER = Pattern.compile("(?:([^@]*)@)?([A-Za-z0-9._-]+(?::\\d+)?|\\[[0-9A-Fa-f:.%]+](?::\\d+)?)");

    private static final Pattern FACTORY = Pattern.compile("(^|&)sslfactory=");

    private DatabaseUrls() {}

    /** {@code jdbc:postgresql://host:port/db?sslmode=…} to {@code postgresql://host:port/db?sslmode=…}. */
    static String reactiveFromJdbc(String jdbc) {
        if (!jdbc.startsWith(JDBC)) {
            throw notDerivable("quarkus.datasource.jdbc.url", "quarkus.datasource.reactive.url");
        }
        URI uri = parse(jdbc.substring(JDBC.length()), "quarkus.datasource.jdbc.url", "quarkus.datasource.reactive.url");
        if (uri.getRawQuery() != null && FACTORY.matcher(uri.getRawQuery()).find()) {
            throw new DatabaseSetupException("quarkus.datasource.jdbc.url names an sslfactory, which only JDBC knows: say sslmode (require, verify-full with"
                    + " sslrootcert) instead, or set quarkus.datasource.reactive.url too");
        }
        return "postgresql://" + address(uri) + query(parameters(uri.getRawQuery()));
    }

    /** {@code postgresql://user:password@host:port/db} to {@code jdbc:postgresql://host:port/db?user=…&password=…}. */
    static String jdbcFromReactive(String reactive) {
        String plain = reactive.startsWith("vertx-reactive:") ? reactive.substring("vertx-reactive:".length()) : reactive;
        URI uri = parse(plain, "quarkus.datasource.reactive.url", "quarkus.datasource.jdbc.url");
        Map<String, String> parameters = parameters(uri.getRawQuery());
        String userInfo = server(uri).group(1);
        if (userInfo != null) {
            String[] login = userInfo.split(":", 2);
            parameters.put("user", decode(login[0]));
            if (login.length == 2) {
                parameters.put("password", decode(login[1]));
            }
        }
        return "jdbc:postgresql://" + address(uri) + query(parameters);
    }

    /** What either URL says of encryption: {@code sslmode} and the files that go with it. */
    static Map<String, String> encryption(String url) {
        Map<String, String> said = parameters(url.contains("?") ? url.substring(url.indexOf('?') + 1) : null);
        said.keySet().removeIf(name -> !name.startsWith("ssl"));
        return said;
    }

    private static URI parse(String url, String given, String missing) {
        try {
            URI uri = new URI(url);
            // several hosts or none the drivers treat differently
            if (!server(uri).matches() || !SCHEMES.contains(uri.getScheme())) {
                throw notDerivable(given, missing);
            }
            return uri;
        } catch (URISyntaxException e) {
            throw notDerivable(given, missing);
        }
    }

    // The URL itself stays out of the message: it may hold a password
    private static DatabaseSetupException notDerivable(String given, String missing) {
        return new DatabaseSetupException(given + " is not of the form [jdbc:]postgresql://host:port/database?parameters,"
                + " so " + missing + " can't be derived from it: correct it, or set both");
    }

    private static String address(URI uri) {
        return server(uri).group(2) + uri.getRawPath();
    }

    private static Matcher server(URI uri) {
        Matcher server = SERVER.matcher(uri.getRawAuthority() == null ? "" : uri.getRawAuthority());
        server.matches();
        return server;
    }

    private static Map<String, String> parameters(String query) {
        Map<String, String> shared = new LinkedHashMap<>();
        if (query != null) {
            for (String pair : query.split("&")) {
                String[] nameAndValue = pair.split("=", 2);
                if (pair.equals("ssl") || pair.equals("ssl=") || pair.equals("ssl=true")) {
                    shared.putIfAbsent("sslmode", "verify-full"); // JDBC's older word for it
                }
                if (nameAndValue.length == 2 && SHARED_PARAMETERS.contains(nameAndValue[0])) {
                    shared.put(nameAndValue[0], decode(nameAndValue[1]));
                }
            }
        }
        return shared;
    }

    private static String query(Map<String, String> parameters) {
        StringJoiner query = new StringJoiner("&", "?", "").setEmptyValue("");
        parameters.forEach((name, value) -> query.add(name + "=" + URLEncoder.encode(value, StandardCharsets.UTF_8)));
        return query.toString();
    }

    private static String decode(String text) {
        // a plus sign in a URL's authority or path stands for itself
        return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    }
}
