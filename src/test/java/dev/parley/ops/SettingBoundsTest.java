package dev.parley.ops;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.quarkus.runtime.configuration.DurationConverter;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What a setting may be: said by its name, for all that are wrong at once. */
class SettingBoundsTest {

    /** A row of the README's tables: names, then defaults that are numbers, durations or a switch. */
    private static final Pattern ROW = Pattern.compile("^\\| (`parley\\.[^|]+) \\| (`(?:\\d+[a-z]*|on)`[^|]*) \\|", Pattern.MULTILINE);
    private static final Pattern QUOTED = Pattern.compile("`([^`]+)`");

    @Test
    void everyNumberDurationAndSwitchOfTheReadmeHasBoundsAndItsDefaultIsWithinThem() throws IOException {
        Set<String> documented = new TreeSet<>();
        for (Matcher row = ROW.matcher(Files.readString(Path.of("README.md"))); row.find(); ) {
            List<String> names = quoted(row.group(1)), defaults = quoted(row.group(2));
            assertEquals(names.size(), defaults.size(), row::group);
            for (int i = 0; i < names.size(); i++) {
                documented.add(names.get(i));
                assertEquals(List.of(), problems(Map.of(names.get(i), defaults.get(i))));
            }
        }
        assertTrue(documented.size() > 40, () -> "few found: " + documented);
        assertEquals(documented, new TreeSet<>(SettingBounds.names()));
    }

    @Test
    void everySettingWithBoundsRefusesWhatIsBelowThemOrNotOfItsKind() {
        for (String name : SettingBounds.names()) {
            for (String value : new String[] {"-1", "-1s", "sideways"}) {
                assertEquals(1, problems(Map.of(name, value)).size(), () -> name + "=" + value);
            }
        }
    }

    @Test
    void zeroIsRefusedWhereItWouldStopTheService() {
        assertEquals(List.of("parley.writer.batch is 1 or more, not 0"), problems(Map.of("parley.writer.batch", "0")));
        assertEquals(List.of("parley.feed.poll-interval is a duration of 1ms or more, not 0s"), problems(Map.of("parley.feed.poll-interval", "0s")));
        assertEquals(List.of(), problems(Map.of("parley.realtime.error-delay", "0s", "parley.embedded.port", "0")));
    }

    @Test
    void whatIsTooLargeToWorkIsRefused() {
        assertEquals(List.of("parley.embedded.port is from 0 to 65535, not 65536"), problems(Map.of("parley.embedded.port", "65536")));
        assertEquals(1, problems(Map.of("parley.realtime.max-record-bytes", "8388609")).size());
        assertEquals(1, problems(Map.of("parley.feed.page-size", "3000000000")).size());
    }

    @Test
    void aMistypedSwitchIsNotTakenForOff() {
        assertEquals(List.of("parley.chat is on or off, not offf"), problems(Map.of("parley.chat", "offf")));
        for (String word : new String[] {"on", "off", "TRUE", "false", " no ", ""}) {
            assertEquals(List.of(), problems(Map.of("parley.chat", word)), word);
        }
    }

    @Test
    void allThatAreWrongAreTold() {
        assertEquals(3, problems(Map.of("parley.writer.batch", "-5", "parley.chat", "offf", "parley.feed.retention", "-1h", "parley.writer.queue", "7")).size());
    }

    private static List<String> quoted(String cell) {
        return QUOTED.matcher(cell).results().map(match -> match.group(1)).toList();
    }

    private static List<String> problems(Map<String, String> settings) {
        SmallRyeConfig config = new SmallRyeConfigBuilder().withSources(new PropertiesConfigSource(settings, "test", 100))
                .withConverter(Duration.class, 200, new DurationConverter()).build();
        return SettingBounds.problems(config);
    }
}
