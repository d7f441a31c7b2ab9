package dev.parley.realtime;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.io.JsonStringEncoder;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** JSON that passes through as it came: numbers keep their digits, objects their order. */
final class RawJson {

    static final JsonFactory FACTORY = new JsonFactoryBuilder().streamReadConstraints(StreamReadConstraints.builder()
            .maxNestingDepth(200).maxStringLength(8_000_000).maxNumberLength(1_000).build()).build();

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
        // the parser passes over strings that nobody asks for without a look at their bytes
        if (!ByteBufUtil.isText(Unpooled.wrappedBuffer(json), StandardCharsets.UTF_8)) {
            return false;
        }
        try (JsonParser parser = FACTORY.createParser(json)) {
            if (parser.nextToken() == null) {
                return false;
            }
            parser.skipChildren();
            return parser.nextToken() == null;
        } catch (IOException e) {
            return false;
        }
    }

    static String quote(String text) {
        return "\"" + new String(JsonStringEncoder.getInstance().quoteAsString(text)) + "\"";
    }

    static byte[] bytes(String json) {
        return json.getBytes(StandardCharsets.UTF_8);
    }
}
