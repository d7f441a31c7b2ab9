package dev.parley.realtime;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.io.JsonStringEncoder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** JSON that passes through as it came: numbers keep their digits, objects their order. */
final class RawJson {

    static final JsonFactory FACTORY = new JsonFactoryBuilder().streamReadConstraints(StreamReadConstraints.builder()
            .maxNestingDepth(200).maxStringLength(8_000_000).maxNumberLength(1_000).build())
            .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES) // names from outside would be kept: thousands, of any length
            .build();

    private RawJson() {
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
     * Whether a text broadcast's payload is one that clients can take: an object whose {@code event} is a text. With a member {@code ids} they would take it
     * for a change of a table, and fail.
     */
    static boolean isBroadcast(String payload) {
        try (JsonParser parser = FACTORY.createParser(payload)) {
            boolean event = false;
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                return false;
            }
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String name = parser.currentName();
                JsonToken value = parser.nextToken();
                if (name.equals("ids") || name.equals("event") && value != JsonToken.VALUE_STRING) {
                    return false;
                }
                event |= name.equals("event");
                parser.skipChildren();
            }
            return event;
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
