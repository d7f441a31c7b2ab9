package dev.parley.changes;

import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import org.jboss.logging.Logger;

/** Says what is wrong with each of many things, once, and again when it changes. */
final class Complaints {

    private final Logger log;
    private Map<String, String> said = new HashMap<>();

    Complaints(Logger log) {
        this.log = log;
    }

    /** @param now all that is wrong, a line for each thing */
    synchronized void are(Map<String, String> now) {
        new TreeMap<>(now).forEach((thing, line) -> {
            if (!line.equals(said.get(thing))) {
                log.warn(line);
            }
        });
        said = new HashMap<>(now);
    }
}
