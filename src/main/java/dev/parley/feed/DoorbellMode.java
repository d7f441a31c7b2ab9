package dev.parley.feed;

import java.util.Locale;
import org.eclipse.microprofile.config.spi.Converter;

/** Whether other programs' commits ring the {@link Doorbell}. */
public enum DoorbellMode {

    /** They do, but for times in which they would queue up behind it, see {@link BusyDoorbell}. */
    AUTO,
    /** They always do. */
    ON,
    /** They never do: their rows are found by polling. */
    OFF;

    /** Takes the other words for a truth value too: YAML makes {@code true} of an {@code on} without quotes. */
    public static final class Words implements Converter<DoorbellMode> {

        private static final long serialVersionUID = 1;

        @Override
        public DoorbellMode convert(String word) {
            return switch (word.strip().toLowerCase(Locale.ROOT)) {
                case "auto" -> AUTO;
                case "on", "true", "yes", "1" -> ON;
                case "off", "false", "no", "0" -> OFF;
                default -> throw new IllegalArgumentException("parley.feed.notify is auto, on or off, not " + word);
            };
        }
    }
}
