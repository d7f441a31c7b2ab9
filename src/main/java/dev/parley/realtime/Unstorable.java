package dev.parley.realtime;

/** PostgreSQL does not take it: however often it is tried, it can't be stored. */
final class Unstorable extends RuntimeException {

    private final String field;

    /** @param field what is at fault: {@code topic}, {@code event} or {@code payload} */
    Unstorable(String field, Throwable cause) {
        super("a " + field + " that can't be stored", cause, false, false);
        this.field = field;
    }

    String field() {
        return field;
    }
}
