package dev.parley.changes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EscapesTest {

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
            {"a":"\\u0000"}                  | {"a":"\\ufffd"}
            {"a":"\\\\u0000"}                | {"a":"\\\\u0000"}
            {"a":"\\\\\\u0000"}              | {"a":"\\\\\\ufffd"}
            {"\\u0000":"\\u0001\\n\\u00e4"}  | {"\\ufffd":"\\u0001\\n\\u00e4"}
            {"a":"\\ud83d\\ude00"}           | {"a":"\\ud83d\\ude00"}
            {"a":"\\uD83D"}                  | {"a":"\\ufffd"}
            {"a":"\\ud83dx\\ude00"}          | {"a":"\\ufffdx\\ufffd"}
            {"a":"\\ud83d\\u0041\\uDE00"}    | {"a":"\\ufffd\\u0041\\ufffd"}
            {"a":"\\ud83d\\ud83d\\ude00"}    | {"a":"\\ufffd\\ud83d\\ude00"}
            {"a":"\\ud83d\\nde00"}           | {"a":"\\ufffd\\nde00"}
            """)
    void whatPostgresCantReadIsReplacedAndNothingElse(String json, String readable) {
        assertEquals(readable, Escapes.readable(json));
    }

    @Test
    void nothingIsCopiedWhereThereIsNothingToReplace() {
        String json = "{\"a\":\"b\\n\"}";
        assertSame(json, Escapes.readable(json));
    }
}
