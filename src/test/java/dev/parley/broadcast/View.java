package dev.parley.broadcast;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** A watcher as a client is one: its picture is made of the state and the differences, and each difference must fit. */
final class View implements Presence.Watcher {

    private static final ObjectMapper JSON = new ObjectMapper();

    /** By key and ref: what the member says. */
    private final Map<String, Map<String, String>> picture = new TreeMap<>();
    private final List<String> wrong = new ArrayList<>();
    private final List<JsonNode> diffs = new ArrayList<>();
    private PresenceDiff last;
    private boolean begun;

    @Override
    public synchronized void state(byte[] json) {
        if (begun) {
            wrong.add("a second state");
        }
        begun = true;
        picture.clear();
        read(json).properties().forEach(entry -> entry.getValue().get("metas").forEach(meta -> join(entry.getKey(), meta)));
    }

    @Override
    public synchronized void diff(PresenceDiff told) {
        if (!begun) {
            wrong.add("a difference before the state");
        }
        last = told;
        JsonNode diff = read(told.json());
        diffs.add(diff);
        diff.get("leaves").properties().forEach(entry -> entry.getValue().get("metas").forEach(meta -> leave(entry.getKey(), meta)));
        diff.get("joins").properties().forEach(entry -> entry.getValue().get("metas").forEach(meta -> {
            if (meta.has("phx_ref_prev") && !diff.get("leaves").toString().contains(meta.get("phx_ref_prev").asText())) {
                wrong.add("nothing left for " + meta);
            }
            join(entry.getKey(), meta);
        }));
    }

    private void join(String key, JsonNode meta) {
        String ref = meta.get("phx_ref").asText();
        if (picture.computeIfAbsent(key, unknown -> new TreeMap<>()).put(ref, said(meta)) != null) {
            wrong.add(key + " joined twice: " + meta);
        }
    }

    private void leave(String key, JsonNode meta) {
        Map<String, String> metas = picture.getOrDefault(key, Map.of());
        if (!said(meta).equals(metas.get(meta.get("phx_ref").asText()))) {
            wrong.add(key + " left, but was not there: " + meta);
            return;
        }
        metas.remove(meta.get("phx_ref").asText());
        if (metas.isEmpty()) {
            picture.remove(key);
        }
    }

    private static String said(JsonNode meta) {
        return meta.get("n").toString();
    }

    /** By key: what its members say, in order. */
    synchronized Map<String, List<String>> picture() {
        Map<String, List<String>> copy = new TreeMap<>();
        picture.forEach((key, metas) -> copy.put(key, metas.values().stream().sorted().toList()));
        return copy;
    }

    synchronized List<JsonNode> diffs() {
        return List.copyOf(diffs);
    }

    synchronized PresenceDiff last() {
        return last;
    }

    synchronized List<String> wrong() {
        return List.copyOf(wrong);
    }

    private static JsonNode read(byte[] json) {
        try {
            return JSON.readTree(json);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
