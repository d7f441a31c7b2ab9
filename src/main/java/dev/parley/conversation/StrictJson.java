package dev.parley.conversation;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/**
 * Reads JSON objects from outside: nothing but JSON, numbers exactly as they were written, depth bounded.
 * Any thread may call it.
 */
public final class StrictJson {

    private static final int MAX_DEPTH = 64;

    private static final ObjectReader READER = JsonMapper.builder(JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(MAX_DEPTH).build())
            .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES) // names from outside would be kept: thousands, of any length
            .build())
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            // a double would change 0.10 and lose digits of the rest
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
            .build().reader();

    private StrictJson() {
    }

    /**
     * Reads one JSON object in UTF-8; null counts as empty.
     *
     * @throws ParleyException INVALID_UTF8, or INVALID_JSON when it is anything but one JSON object
     */
    public static ObjectNode object(byte[] utf8) {
        if (utf8 == null) {
            return object("");
        }
        try {
            // not left to the JSON parser, which would guess UTF-16 and let overlong sequences pass
            return object(StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(utf8)).toString());
        } catch (CharacterCodingException e) {
            throw new ParleyException(ErrorCode.INVALID_UTF8, "the body is not valid UTF-8");
        }
    }

    /**
     * Reads one JSON object.
     *
     * @throws ParleyException INVALID_JSON when it is anything but one JSON object
     */
    public static ObjectNode object(String text) {
        try {
            if (READER.readTree(text) instanceof ObjectNode object) {
                return object;
            }
        } catch (JsonProcessingException e) {
            throw new ParleyException(ErrorCode.INVALID_JSON, reason(e));
        } catch (NumberFormatException | ArithmeticException e) {
            throw new ParleyException(ErrorCode.INVALID_JSON, "a number has too large an exponent"); // the parser lets these through
        }
        throw new ParleyException(ErrorCode.INVALID_JSON, "a JSON object is expected");
    }

    /**
     * Takes a string out of an object.
     *
     * @param wrongType the error when the field is neither a string nor null
     * @return the string, or null when the field is absent or null
     */
    public static String string(ObjectNode object, String name, ErrorCode wrongType) {
        JsonNode value = object.get(name);
        if (value == null || value.isNull()) {
            return null;
        }
        if (!value.isTextual()) {
            throw new ParleyException(wrongType, name + " must be a string");
        }
        return value.textValue();
    }

    /**
     * Takes an object out of an object.
     *
     * @param wrongType the error when the field is neither an object nor null
     * @return the object, or null when the field is absent or null
     */
    public static ObjectNode object(ObjectNode object, String name, ErrorCode wrongType) {
        JsonNode value = object.get(name);
        if (value == null || value.isNull()) {
            return null;
        }
        if (value instanceof ObjectNode found) {
            return found;
        }
        throw new ParleyException(wrongType, name + " must be a JSON object");
    }

    private static String reason(JsonProcessingException e) {
        // the parser's own words would quote the input and name classes
        var location = e.getLocation();
        return location == null ? "not valid JSON"
                : "not valid JSON at line " + location.getLineNr() + ", column " + location.getColumnNr();
    }
}
