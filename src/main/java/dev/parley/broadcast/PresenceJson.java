package dev.parley.broadcast;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/** Metas listed by key, as clients get them: {@code {KEY:{"metas":[…]},…}}. */
final class PresenceJson {

    private final Map<String, StringBuilder> metas = new LinkedHashMap<>();

    void add(String key, String meta) {
        StringBuilder list = metas.get(key);
        if (list == null) {
            metas.put(key, new StringBuilder(meta));
        } else {
            list.append(',').append(meta);
        }
    }

    boolean isEmpty() {
        return metas.isEmpty();
    }

    byte[] state() {
        return bytes(text());
    }

    static byte[] diff(PresenceJson joins, PresenceJson leaves) {
        return bytes(new StringBuilder("{\"joins\":").append(joins.text()).append(",\"leaves\":").append(leaves.text()).append('}'));
    }

    private StringBuilder text() {
        StringBuilder json = new StringBuilder("{");
        metas.forEach((key, list) -> {
            json.append(json.length() > 1 ? ",\"" : "\"");
            JsonStringEncoder.getInstance().quoteAsString(key, json);
            json.append("\":{\"metas\":[").append(list).append("]}");
        });
        return json.append('}');
    }

    private static byte[] bytes(CharSequence json) {
        return json.toString().getBytes(StandardCharsets.UTF_8);
    }
}
