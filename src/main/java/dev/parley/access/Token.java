package dev.parley.access;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/**
 * A JWT taken apart; nothing in it has been verified.
 *
 * @param algorithm null when the header names one that is not accepted
 * @param kid       the key that the header names, null when it names none
 * @param signed    what the signature is over
 * @param json      the claims as they were written
 */
record Token(TokenAlgorithm algorithm, String kid, byte[] signed, byte[] signature, ObjectNode claims, String json) {

    private static final int MAX_DEPTH = 64;

    private static final ObjectReader READER = JsonMapper.builder(JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(MAX_DEPTH).build())
            .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES) // names from outside would be kept: thousands, of any length
            // of two claims of one name the policies might read the other
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build())
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build().reader();

    /** @throws CredentialsException when it is no signed JWT */
    static Token parse(String compact) {
        int first = compact.indexOf('.');
        int second = compact.indexOf('.', first + 1);
        if (first < 0 || second < 0 || compact.indexOf('.', second + 1) >= 0) {
            throw CredentialsException.malformed();
        }
        ObjectNode header = object(text(compact.substring(0, first)));
        String json = text(compact.substring(first + 1, second));
        ObjectNode claims = object(json);
        // an extension that the header calls critical would have to be understood
        boolean plain = !header.has("crit");
        return new Token(plain ? TokenAlgorithm.named(header.path("alg").textValue()) : null, header.path("kid").textValue(),
                compact.substring(0, second).getBytes(StandardCharsets.US_ASCII), bytes(compact.substring(second + 1)), claims, json);
    }

    private static ObjectNode object(String json) {
        try {
            JsonNode read = READER.readTree(json);
            if (read instanceof ObjectNode object) {
                return object;
            }
        } catch (JsonProcessingException e) {
            // as below
        }
        throw CredentialsException.malformed();
    }

    private static String text(String base64) {
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes(base64))).toString();
        } catch (CharacterCodingException e) {
            throw CredentialsException.malformed();
        }
    }

    private static byte[] bytes(String base64) {
        try {
            return Base64.getUrlDecoder().decode(base64);
        } catch (IllegalArgumentException e) {
            throw CredentialsException.malformed();
        }
    }
}
