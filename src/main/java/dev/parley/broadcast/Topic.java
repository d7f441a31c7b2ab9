package dev.parley.broadcast;

/**
 * What channels of one name share. A public and a private channel of one name have nothing in common.
 *
 * @param name the sub topic, without {@code realtime:}
 */
public record Topic(String name, boolean isPrivate) {

    // written out: looked up for each broadcast, and in a native executable a record's own may be a thousand times slower
    @Override
    public boolean equals(Object other) {
        return other instanceof Topic topic && topic.isPrivate == isPrivate && topic.name.equals(name);
    }

    @Override
    public int hashCode() {
        return name.hashCode() * 2 + (isPrivate ? 1 : 0);
    }
}
