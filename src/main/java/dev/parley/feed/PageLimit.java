package dev.parley.feed;

/**
 * How much one read of the log or of a conversation brings at most; one row always comes.
 *
 * @param rows  at most
 * @param bytes no further row comes once so many are reached
 */
public record PageLimit(int rows, long bytes) {
}
