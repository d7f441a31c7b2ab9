package dev.parley.conversation;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;

/** Turns metadata from outside into the JSON text that is stored. */
final class Metadata {

    static final String EMPTY = "{}";

    /** The digits before and after the point that PostgreSQL's jsonb takes are more; its numbers are kept written out. */
    private static final int MAX_DIGITS = 1_000;

    private static final JsonFactory FACTORY = new JsonFactory();

    private final int maxBytes;
    private final ErrorCode error;
    private final StringWriter text = new StringWriter();
    private final JsonGenerator json;

    private Metadata(int maxBytes, ErrorCode error) throws IOException {
        this.maxBytes = maxBytes;
        this.error = error;
        this.json = FACTORY.createGenerator(text);
    }

    /**
     * @param object   read by {@link StrictJson}, or null for none
     * @param maxBytes the most bytes the result may have
     * @param error    the code of the error when it does not fit
     */
    static String text(ObjectNode object, int maxBytes, ErrorCode error) {
        if (object == null || object.isEmpty()) {
            return EMPTY;
        }
        try {
            Metadata metadata = new Metadata(maxBytes, error);
            metadata.write(object);
            metadata.json.close();
            String text = metadata.text.toString();
            if (text.getBytes(StandardCharsets.UTF_8).length > maxBytes) {
                throw metadata.tooLarge();
            }
            return text;
        } catch (IOException e) {
            throw new UncheckedIOException(e); // a StringWriter throws none
        }
    }

    private void write(JsonNode node) throws IOException {
        if (text.getBuffer().length() > maxBytes) {
            throw tooLarge();
        }
        switch (node.getNodeType()) {
            case OBJECT -> {
                json.writeStartObject();
                for (var field : node.properties()) {
                    TextRules.storable("metadata", field.getKey(), error);
                    json.writeFieldName(field.getKey());
                    write(field.getValue());
                }
                json.writeEndObject();
            }
            case ARRAY -> {
                json.writeStartArray();
                for (JsonNode element : node) {
                    write(element);
                }
                json.writeEndArray();
            }
            case STRING -> {
                TextRules.storable("metadata", node.textValue(), error);
                json.writeString(node.textValue());
            }
            case NUMBER -> json.writeNumber(number(node.decimalValue()));
            case BOOLEAN -> json.writeBoolean(node.booleanValue());
            default -> json.writeNull();
        }
        json.flush();
    }

    /**
     * Writes a number out as PostgreSQL will: a few bytes like 1e100000 would otherwise become a row of many kilobytes, and
     * a larger exponent an error of the database.
     */
    private String number(BigDecimal value) {
        long digits = Math.max((long) value.precision() - value.scale(), 1) + Math.max(value.scale(), 0);
        if (digits > MAX_DIGITS) {
            throw new ParleyException(error, "metadata has a number of more than " + MAX_DIGITS + " digits");
        }
        return value.toPlainString();
    }

    private ParleyException tooLarge() {
        return new ParleyException(error, "metadata must have at most " + maxBytes + " bytes as JSON");
    }
}
