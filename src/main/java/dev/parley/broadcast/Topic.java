package dev.parley.broadcast;

/**
 * What channels of one name share. A public and a private channel of one name have nothing in common.
 *
 * @param name the sub topic, without {@code realtime:}
 */
public record Topic(String name, boolean isPrivate) {
}
