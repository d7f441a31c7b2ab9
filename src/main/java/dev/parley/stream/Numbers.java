package dev.parley.stream;

/**
 * Which messages of its conversation a reader has had, by their numbers. Not all come in their order: what an ordinary trigger inserts is logged before the
 * row that it answers. On one thread.
 */
final class Numbers {

    private long highest;
    private long missing;

    /** It has had all up to this one. */
    void reach(long seq) {
        highest = seq;
        missing = 0;
    }

    /**
     * It gets new messages.
     *
     * @param anew  the conversation was deleted before them: one that is made under the same id has numbers of its own
     * @param last  the highest of their numbers
     * @param count how many they are
     */
    void add(boolean anew, long last, int count) {
        if (anew) {
            reach(0);
        }
        long before = highest;
        highest = Math.max(before, last);
        missing += highest - before - count;
    }

    long highest() {
        return highest;
    }

    /** Whether some below the highest have not come. */
    boolean someMissing() {
        return missing > 0;
    }
}
