package dev.parley.ops;

import io.quarkus.runtime.StartupEvent;
import io.quarkus.runtime.configuration.ConfigurationException;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.interceptor.Interceptor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.eclipse.microprofile.config.Config;

/**
 * What a number, a duration or a switch among the settings may be. Read by name and before anything acts on them: a batch of -5 messages would otherwise be
 * noticed by whoever sends the first one. All that are out of their bounds are told at once.
 */
@ApplicationScoped
class SettingBounds {

    private static final Set<String> SWITCH = Set.of("on", "off", "true", "false", "yes", "no", "1", "0");
    private static final Map<String, Function<Setting, Optional<String>>> RULES = new LinkedHashMap<>();

    static {
        between(0, 65_535, "parley.embedded.port");
        between(1, 8_388_608, "parley.realtime.max-record-bytes"); // what the change log holds of a row
        between(1, Integer.MAX_VALUE, "parley.message.max-content", "parley.message.max-metadata", "parley.feed.page-size", "parley.feed.readers",
                "parley.stream.replay-page", "parley.stream.join-buffer", "parley.socket.queue-bytes", "parley.socket.max-frame", "parley.socket.max-in-flight",
                "parley.writer.transactions", "parley.writer.overlap", "parley.writer.batch", "parley.writer.waiters", "parley.writer.queue",
                "parley.presence.max-members", "parley.realtime.private.connections", "parley.realtime.max-channels", "parley.realtime.max-joins-per-second",
                "parley.realtime.max-events-per-second", "parley.realtime.max-bindings", "parley.realtime.max-presence-calls",
                "parley.realtime.max-presence-bytes", "parley.realtime.max-broadcast-bytes", "parley.realtime.max-rest-events-per-second",
                "parley.realtime.replay-limit");
        between(1, Long.MAX_VALUE, "parley.feed.max-rows", "parley.feed.page-bytes", "parley.stream.replay-bytes", "parley.writer.queue-bytes");
        atLeast(Duration.ofMillis(1), "parley.feed.poll-interval", "parley.feed.retention", "parley.feed.read-timeout", "parley.stream.position-interval",
                "parley.socket.stall-timeout", "parley.socket.idle-timeout", "parley.writer.patience", "parley.presence.heartbeat",
                "parley.realtime.tables-interval", "parley.realtime.messages-retention", "parley.jwt.jwks-refresh");
        atLeast(Duration.ZERO, "parley.socket.typing-interval", "parley.realtime.private.max-answer-age", "parley.realtime.error-delay",
                "parley.realtime.refusal-delay");
        RULES.put("parley.chat", setting -> SWITCH.contains(setting.text().strip().toLowerCase(Locale.ROOT)) ? Optional.empty() : setting.isNot("on or off"));
    }

    private record Setting(String name, String text, Config config) {

        <T> T as(Class<T> type) {
            return config.getValue(name, type);
        }

        Optional<String> isNot(String what) {
            return Optional.of(name + " is " + what + ", not " + text);
        }
    }

    private final Config config;

    SettingBounds(Config config) {
        this.config = config;
    }

    /** @throws ConfigurationException that names all settings which can't be */
    void check(@Observes @Priority(Interceptor.Priority.PLATFORM_BEFORE) StartupEvent event) {
        List<String> problems = problems(config);
        if (!problems.isEmpty()) {
            throw new ConfigurationException(String.join("; ", problems));
        }
    }

    /** A line for each setting that is out of its bounds. */
    static List<String> problems(Config config) {
        List<String> problems = new ArrayList<>();
        RULES.forEach((name, rule) -> {
            String text = config.getConfigValue(name).getValue();
            if (text != null && !text.isBlank()) {
                rule.apply(new Setting(name, text, config)).ifPresent(problems::add);
            }
        });
        return problems;
    }

    /** All settings that have bounds. */
    static Set<String> names() {
        return RULES.keySet();
    }

    private static void between(long least, long most, String... names) {
        String what = most >= Integer.MAX_VALUE ? least + " or more" : "from " + least + " to " + most;
        rule(names, setting -> {
            long value = setting.as(Long.class);
            return value >= least && value <= most ? Optional.empty() : setting.isNot(what);
        });
    }

    private static void atLeast(Duration least, String... names) {
        String what = least.isZero() ? "no less than 0s" : "a duration of " + least.toMillis() + "ms or more";
        rule(names, setting -> setting.as(Duration.class).compareTo(least) >= 0 ? Optional.empty() : setting.isNot(what));
    }

    private static void rule(String[] names, Function<Setting, Optional<String>> rule) {
        for (String name : names) {
            RULES.put(name, setting -> {
                try {
                    return rule.apply(setting);
                } catch (IllegalArgumentException e) {
                    return setting.isNot("a value of its kind");
                }
            });
        }
    }
}
