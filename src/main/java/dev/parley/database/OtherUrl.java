package dev.parley.database;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.eclipse.microprofile.config.spi.ConfigSource;

/**
 * The URL of one driver where the command line or the environment gives only the other's. What is usual is so settled without reading the configuration twice,
 * which took a native executable an eighth of its start; everything else is {@link DatabaseSetup}'s.
 */
public final class OtherUrl implements ConfigSource {

    /** Below every file, variable and argument. */
    private static final int ORDINAL = 50;

    private final Map<String, String> derived = new HashMap<>();

    public OtherUrl() {
        try {
            derive(given(DatabaseSetup.JDBC_URL), given(DatabaseSetup.REACTIVE_URL));
        } catch (DatabaseSetupException unusual) {
            derived.clear();
        }
    }

    /** Whether both URLs are settled by the command line, the environment and this. */
    static boolean isEnough() {
        String jdbc = given(DatabaseSetup.JDBC_URL);
        String reactive = given(DatabaseSetup.REACTIVE_URL);
        if (reactive != null && reactive.contains(",")) {
            return false; // more than one, perhaps
        }
        return jdbc != null && reactive != null || (jdbc != null || reactive != null) && !new OtherUrl().derived.isEmpty();
    }

    private void derive(String jdbc, String reactive) {
        if (jdbc != null && raw(DatabaseSetup.REACTIVE_URL) == null) {
            derived.put(DatabaseSetup.REACTIVE_URL, DatabaseUrls.reactiveFromJdbc(jdbc));
        } else if (reactive != null && raw(DatabaseSetup.JDBC_URL) == null) {
            derived.put(DatabaseSetup.JDBC_URL, DatabaseUrls.jdbcFromReactive(reactive));
        }
    }

    /** @return null where it is not given, or as an expression that only the configuration can resolve */
    private static String given(String setting) {
        String value = raw(setting);
        return value == null || value.isBlank() || value.contains("${") ? null : value.strip();
    }

    /** As it stands there: one that is empty hides what sources of lower rank say, this one too. */
    private static String raw(String setting) {
        String property = System.getProperty(setting);
        return property != null ? property : System.getenv(setting.toUpperCase(Locale.ROOT).replace('.', '_'));
    }

    @Override
    public Set<String> getPropertyNames() {
        return derived.keySet();
    }

    @Override
    public String getValue(String name) {
        return derived.get(name);
    }

    @Override
    public int getOrdinal() {
        return ORDINAL;
    }

    @Override
    public String getName() {
        return "the other driver's URL";
    }
}
