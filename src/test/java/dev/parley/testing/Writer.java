package dev.parley.testing;

/** Writes messages in one way. One thread uses one writer. */
interface Writer extends AutoCloseable {

    /**
     * Writes one or a few messages, as often as it takes until they are acknowledged; reports each of them to the {@link Load}.
     *
     * @return messages committed, 0 when this turn was rolled back on purpose
     */
    int write();

    @Override
    void close();
}
