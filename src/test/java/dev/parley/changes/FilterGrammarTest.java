package dev.parley.changes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.parley.testing.Seed;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FilterGrammarTest {

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            id=eq.1                          | id EQ [1]
            a=eq.1,b=neq.2                   | a EQ [1] & b NEQ [2]
            `  a=eq.1 , b=gt.2  `            | a EQ [1] & b GT [2]
            id=not.eq.5                      | id not EQ [5]
            s=not.in.(a,b)                   | s not IN [a, b]
            s=in.(red, blue)                 | s IN [red, blue]
            s=in.( red green , "a,b" )       | s IN [red green, a,b]
            s=in.( "a)", "b),c")             | s IN [a), b),c]
            s=in.("a\\"b","c\\\\d")          | s IN [a"b, c\\d]
            s=in.(a\\,b,c\\ )                | s IN [a,b, c ]
            s=in.(null,"null",NULL)          | s IN [null, 'null', null]
            s=in.()                          | s IN []
            s=in.("")                        | s IN []
            s=eq.                            | s EQ []
            s=eq.a.b=c                       | s EQ [a.b=c]
            s=eq."a,b",t=eq.2                | s EQ [a,b] & t EQ [2]
            s=eq."a\\"b\\\\c\\d"             | s EQ [a"b\\cd]
            s=eq."a" b                       | s EQ ["a" b]
            s=eq.say "a,t=eq.2               | s EQ [say "a] & t EQ [2]
            s=eq.(a,b),t=eq.2                | s EQ [(a,b)] & t EQ [2]
            s=eq.a)),t=eq.2                  | s EQ [a))] & t EQ [2]
            s=like.%a_b%                     | s LIKE [%a_b%]
            s=not.ilike.x*                   | s not ILIKE [x*]
            s=match.^a(b,c)$                 | s MATCH [^a(b,c)$]
            s=imatch.x                       | s IMATCH [x]
            s=is.null                        | s IS [null]
            s=not.isdistinct.4               | s not ISDISTINCT [4]
            at=gte.2026-01-01T10:00:00.5Z    | at GTE [2026-01-01T10:00:00.5Z]
            a b=lt.1                         | a b LT [1]
            """)
    void readsWhatUpstreamReads(String text, String conditions) {
        assertEquals(conditions, said(FilterGrammar.parse(text)));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
            subject=foo.hey     | ["foo", "hey"]
            undefined           | ["undefined"]
            id=eq               | ["eq"]
            id=not.eq           | ["eq"]
            id=                 | [""]
            id=not.foo.1        | ["foo", "1"]
            id=EQ.1             | ["EQ", "1"]
            say="x\\y"          | ["\\"x\\\\y\\""]
            a=eq.1,,b=eq.2      | filter must not contain empty segments (check for extra commas)
            a=eq.1,             | filter must not contain empty segments (check for extra commas)
            ,                   | filter must not contain empty segments (check for extra commas)
            id=in.1,2           | `in` filter value must be wrapped by parentheses
            id=in.(1            | `in` filter value must be wrapped by parentheses
            """)
    void complainsAsUpstreamDoes(String text, String complaint) {
        FilterException refused = assertThrows(FilterException.class, () -> FilterGrammar.parse(text));
        assertEquals("Error parsing `filter` params: " + complaint, refused.getMessage());
        assertTrue(refused.isGrammar());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            s=in.(a,)       | malformed array literal: "{a,}"
            s=in.(,a)       | malformed array literal: "{,a}"
            s=in.("a"b)     | malformed array literal: "{"a"b}"
            s=in.(a"b")     | malformed array literal: "{a"b"}"
            s=in.({a})      | malformed array literal: "{{a}}"
            s=in.("a)       | malformed array literal: "{"a}"
            """)
    void aListIsReadAsAnArrayLiteral(String text, String complaint) {
        FilterException refused = assertThrows(FilterException.class, () -> FilterGrammar.parse(text));
        assertEquals("ERROR 22P02 (invalid_text_representation) " + complaint, refused.getMessage());
    }

    @Test
    void isBounded() {
        FilterGrammar.parse("a=in.(" + "1,".repeat(99) + "1)");
        assertEquals("ERROR P0001 (raise_exception) too many values for `in` filter. Maximum 100",
                assertThrows(FilterException.class, () -> FilterGrammar.parse("a=in.(" + "1,".repeat(100) + "1)")).getMessage());
        FilterGrammar.parse("a=eq.1" + ",a=eq.1".repeat(19));
        assertThrows(FilterException.class, () -> FilterGrammar.parse("a=eq.1" + ",a=eq.1".repeat(20)));
        FilterGrammar.parse("a=eq." + "x".repeat(8_187));
        assertThrows(FilterException.class, () -> FilterGrammar.parse("a=eq." + "x".repeat(8_188)));
    }

    @Test
    void textThatNoDatabaseHoldsIsRefused() {
        for (String value : List.of("\0", "\uD83D", "\uDE00\uD83D", "a\uDE00")) {
            assertThrows(FilterException.class, () -> FilterGrammar.parse("a=eq." + value));
        }
        assertEquals("a EQ [😀]", said(FilterGrammar.parse("a=eq.😀")));
    }

    @Test
    void nothingMakesItFailOtherwise() {
        Random random = Seed.stream(Seed.of(FilterGrammarTest.class), 0);
        String[] parts = {"a", "b", "=", ".", ",", "(", ")", "\"", "\\", " ", "eq", "in", "not.", "is", "null", "like", "{", "}", "\n", "é", "😀", "\0", "\uD800", "a=eq.", "a=in.("};
        assertTimeout(Duration.ofSeconds(20), () -> {
            for (int i = 0; i < 200_000; i++) {
                StringBuilder text = new StringBuilder();
                for (int part = random.nextInt(30); part > 0; part--) {
                    text.append(parts[random.nextInt(parts.length)]);
                }
                try {
                    FilterGrammar.parse(text.toString());
                } catch (FilterException refused) {
                    assertTrue(refused.getMessage().length() < 500);
                }
            }
        });
    }

    private static String said(List<Condition> conditions) {
        return String.join(" & ", conditions.stream().map(each -> each.column() + (each.negated() ? " not " : " ") + each.operator() + " ["
                + String.join(", ", each.values().stream().map(value -> value == null ? "null" : each.operator() == Operator.IN && value.equals("null")
                        ? "'null'" : value).toArray(String[]::new)) + "]").toArray(String[]::new));
    }
}
