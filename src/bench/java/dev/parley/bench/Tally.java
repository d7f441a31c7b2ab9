package dev.parley.bench;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import java.util.TreeMap;

/** Deliveries that were lost, doubled or out of order, for each server and over all runs, those of the warm-up included. */
final class Tally {

    private record Faults(long lost, long doubled, long disordered) {

        Faults plus(Figures figures) {
            return new Faults(lost + figures.lost(), doubled + figures.doubled(), disordered + figures.disordered());
        }

        long sum() {
            return lost + doubled + disordered;
        }
    }

    private final Map<String, Faults> faults = new TreeMap<>();

    synchronized void count(String server, Figures figures) {
        faults.merge(server, new Faults(0, 0, 0).plus(figures), (before, now) -> before.plus(figures));
    }

    /** Faults of all servers whose name begins so. */
    synchronized long of(String prefix) {
        return faults.entrySet().stream().filter(entry -> entry.getKey().startsWith(prefix)).mapToLong(entry -> entry.getValue().sum()).sum();
    }

    synchronized ObjectNode json() {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        faults.forEach((server, each) -> json.putObject(server).put("lost", each.lost).put("doubled", each.doubled).put("disordered", each.disordered));
        return json;
    }

    /** One line in words. */
    synchronized String text() {
        StringBuilder text = new StringBuilder();
        faults.forEach((server, each) -> text.append(text.length() == 0 ? "" : "; ").append(server).append(": ").append(each.lost).append(" lost, ")
                .append(each.doubled).append(" doubled, ").append(each.disordered).append(" disordered"));
        return text.toString();
    }
}
