package dev.parley.realtime;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.io.JsonStringEncoder;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** JSON that passes through as it came: numbers keep their digits, objects their order. */
final class RawJson {

    static final JsonFactory FACTORY = new JsonFactoryBuilder().streamReadConstraints(StreamReadConstraints.builder()
            .maxNestingDepth(200).maxStringLength(8_000_000).maxNumberLength(1_000).build())
            .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES) // names from outside would be kept: thousands, of any length
            .build();
    private static final ObjectMapper MAPPER = new ObjectMapper(FACTORY);

    private RawJson() {
    }

    /** JSON as a tree; missing when it is no JSON. */
    static JsonNode tree(String json) {
        try {
            return MAPPER.readTree(json);
        } catch (JsonProcessingException e) {
            return MissingNode.getInstance();
        }
    }

    /** @param json null when there is none; missing is the answer then, and for an object or an array */
    static JsonNode scalar(String json) {
        return json == null || isContainer(json) ? MissingNode.getInstance() : tree(json);
    }

    static boolean isContainer(String json) {
        return json.startsWith("{") || json.startsWith("[");
    }

    /** The text of the value that the parser stands on; the parser then stands on its end. */
    static String slice(JsonParser parser, String text) throws IOException {
        int from = (int) parser.currentTokenLocation().getCharOffset();
        parser.skipChildren();
        if (parser.currentToken() == JsonToken.VALUE_STRING) {
            parser.getTextLength(); // a string is read when it is asked for: only then is its end known
        }
        return text.substring(from, (int) parser.currentLocation().getCharOffset());
    }

    /**
     * The members of an object that have one of these names, as they came; of two of one name the last counts. What else there is is passed over: as a tree
     * it may take sixty times as much memory as its text.
     *
     * @param json may be null, and anything: then there are none
     */
    static Map<String, String> members(String json, Set<String> names) {
        Map<String, String> members = new HashMap<>();
        if (json == null) {
            return members;
        }
        try (JsonParser parser = FACTORY.createParser(json)) {
            if (parser.nextToken() == JsonToken.START_OBJECT) {
                while (parser.nextToken() == JsonToken.FIELD_NAME) {
                    String name = parser.currentName();
                    parser.nextToken();
                    if (names.contains(name)) {
                        members.put(name, slice(parser, json));
                    } else {
                        parser.skipChildren();
                    }
                }
            }
            return members;
        } catch (IOException e) {
            return Map.of();
        }
    }

    /**
     * The objects among an array's elements, as they came, up to so many of them; what else there is is passed over.
     *
     * @param json may be null, and anything: then there are none
     */
    static List<String> objects(String json, int most) {
        List<String> objects = new ArrayList<>(0);
        if (json == null) {
            return objects;
        }
        try (JsonParser parser = FACTORY.createParser(json)) {
            if (parser.nextToken() == JsonToken.START_ARRAY) {
                while (objects.size() < most && parser.nextToken() != JsonToken.END_ARRAY) {
                    if (parser.currentToken() == JsonToken.START_OBJECT) {
                        objects.add(slice(parser, json));
                    } else {
                        parser.skipChildren();
                    }
                }
            }
            return objects;
        } catch (IOException e) {
            return List.of();
        }
    }

    /** The texts of an array, without what else there is; null when it is none, or has more than so many. */
    static List<String> texts(String json, int most) {
        List<String> texts = new ArrayList<>();
        try (JsonParser parser = FACTORY.createParser(json)) {
            if (parser.nextToken() != JsonToken.START_ARRAY) {
                return null;
            }
            while (parser.nextToken() != JsonToken.END_ARRAY) {
                if (parser.currentToken() != JsonToken.VALUE_STRING) {
                    parser.skipChildren();
                } else if (texts.size() == most) {
                    return null;
                } else {
                    texts.add(parser.getText());
                }
            }
            return texts;
        } catch (IOException e) {
            return null;
        }
    }

    /** Whether the bytes are one JSON value in UTF-8 and nothing else. */
    static boolean isValid(byte[] json) {
        // not from the bytes: there the parser takes UTF-16 as well, and passes over strings without a look at theirs
        try (JsonParser parser = FACTORY.createParser(text(ByteBuffer.wrap(json)))) {
            if (parser.nextToken() == null) {
                return false;
            }
            parser.skipChildren();
            return parser.nextToken() == null;
        } catch (IOException e) {
            return false;
        }
    }

    /**
     * Whether a text broadcast's payload is one that clients can take: an object whose {@code event}, if there is one, is a text: on another they would fail.
     * With a member {@code ids} they would take it for a change of a table, and fail.
     */
    static boolean isBroadcast(String payload) {
        try (JsonParser parser = FACTORY.createParser(payload)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                return false;
            }
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String name = parser.currentName();
                JsonToken value = parser.nextToken();
                if (name.equals("ids") || name.equals("event") && value != JsonToken.VALUE_STRING && value != JsonToken.VALUE_NULL) {
                    return false;
                }
                parser.skipChildren();
            }
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    static String quote(String text) {
        return "\"" + new String(JsonStringEncoder.getInstance().quoteAsString(text)) + "\"";
    }

    /** @throws CharacterCodingException when it is not UTF-8 */
    static String text(ByteBuffer utf8) throws CharacterCodingException {
        return StandardCharsets.UTF_8.newDecoder().decode(utf8).toString();
    }

    static byte[] bytes(String json) {
        return json.getBytes(StandardCharsets.UTF_8);
    }
}
