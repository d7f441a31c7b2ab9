package dev.parley.conversation;

import java.util.UUID;

/** What text and ids from outside must be, so that PostgreSQL takes them. */
final class TextRules {

    private TextRules() {
    }

    /**
     * Checks a text that is to be stored.
     *
     * @param name  the field, for the error's detail
     * @param min   the fewest characters (Unicode code points)
     * @param max   the most characters
     * @param error the code of the error when it does not fit
     * @return the text
     */
    static String text(String name, String text, int min, int max, ErrorCode error) {
        int length = text.length();
        // each character takes at most two chars: the longest texts are refused unread
        int characters = length > 2L * max ? length : storable(name, text, error);
        if (characters < min) {
            throw new ParleyException(error, name + " must not be empty");
        }
        if (characters > max) {
            throw new ParleyException(error, name + " must have at most " + max + " characters");
        }
        return text;
    }

    /** Counts the characters of a text and refuses what has no place in a PostgreSQL text: U+0000 and unpaired surrogates. */
    static int storable(String name, String text, ErrorCode error) {
        int length = text.length();
        int characters = length;
        for (int i = 0; i < length; i++) {
            char c = text.charAt(i);
            if (c == 0) {
                throw new ParleyException(error, name + " must not contain the character U+0000");
            }
            if (Character.isSurrogate(c)) {
                if (Character.isLowSurrogate(c) || i + 1 == length || !Character.isLowSurrogate(text.charAt(i + 1))) {
                    throw new ParleyException(error, name + " must not contain an unpaired surrogate");
                }
                i++;
                characters--;
            }
        }
        return characters;
    }

    /** Reads a UUID in its usual form of 36 characters: {@link UUID#fromString} alone takes much else. */
    static UUID uuid(String name, String text, ErrorCode error) {
        if (!isUuid(text)) {
            throw new ParleyException(error, name + " must be a UUID");
        }
        return UUID.fromString(text);
    }

    private static boolean isUuid(String text) {
        if (text.length() != 36) {
            return false;
        }
        for (int i = 0; i < 36; i++) {
            char c = text.charAt(i);
            boolean dash = i == 8 || i == 13 || i == 18 || i == 23;
            if (dash ? c != '-' : !(c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F')) {
                return false;
            }
        }
        return true;
    }
}
