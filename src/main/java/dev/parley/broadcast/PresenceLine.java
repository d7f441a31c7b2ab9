package dev.parley.broadcast;

import java.nio.charset.StandardCharsets;
import java.util.Base64;

/**
 * What replicas tell each other of their members, as words of a line: {@code b} and {@code e} begin and end a list of all,
 * {@code +number,topic,ref,key,meta} is there or says something new, {@code -number} is gone. Texts in base64.
 */
final class PresenceLine {

    static final String BEGIN = "b";
    static final String END = "e";
    private static final int FIELDS = 5;

    private PresenceLine() {
    }

    /** A member that is there. */
    record Joined(long number, Topic topic, Meta meta) {

        /** @throws RuntimeException when it is none */
        static Joined read(String word) {
            String[] fields = word.substring(1).split(",", -1);
            if (fields.length != FIELDS) {
                throw new IllegalArgumentException("not a member");
            }
            Topic topic = new Topic(decode(fields[1].substring(1)), fields[1].charAt(0) == 'p');
            return new Joined(parse(fields[0]), topic, new Meta(decode(fields[3]), fields[2], decode(fields[4])));
        }

        String write() {
            return "+" + Long.toString(number, Character.MAX_RADIX) + ',' + (topic.isPrivate() ? 'p' : 'o') + encode(topic.name()) + ',' + meta.ref()
                    + ',' + encode(meta.key()) + ',' + encode(meta.text());
        }
    }

    static String left(long number) {
        return "-" + Long.toString(number, Character.MAX_RADIX);
    }

    static long readLeft(String word) {
        return parse(word.substring(1));
    }

    private static long parse(String text) {
        return Long.parseLong(text, Character.MAX_RADIX);
    }

    private static String encode(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    private static String decode(String text) {
        return new String(Base64.getDecoder().decode(text), StandardCharsets.UTF_8);
    }
}
