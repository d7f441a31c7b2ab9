package dev.parley.broadcast;

import io.netty.channel.EventLoop;
import jakarta.enterprise.context.ApplicationScoped;

/** Who is there, on each topic, on all replicas together. */
@ApplicationScoped
public class Presence {

    /** Somebody who watches a topic. Called on the event loop that it watches on; must not block. */
    public interface Watcher {

        /** All who are there: {@code {KEY:{"metas":[{"phx_ref":…,…}]},…}}, JSON in UTF-8. First of all, and again whenever it could not be told as a difference. */
        void state(byte[] json);

        /** Who came and went: {@code {"joins":{…},"leaves":{…}}}, JSON in UTF-8. One array for all watchers of the topic. */
        void diff(byte[] json);
    }

    /** Begins to watch: {@link Watcher#state} comes at once (before this returns), differences follow. On {@code loop} only. */
    public void watch(Topic topic, EventLoop loop, Watcher watcher) {
        throw new UnsupportedOperationException();
    }

    public void unwatch(Topic topic, EventLoop loop, Watcher watcher) {
        throw new UnsupportedOperationException();
    }

    /**
     * Makes {@code member} present, or changes what it says. The same again changes nothing.
     *
     * @param member identifies the channel on this replica; any object, compared by identity
     * @param meta   a JSON object's text
     */
    public void track(Topic topic, Object member, String key, String meta) {
        throw new UnsupportedOperationException();
    }

    /** The member is gone; nothing happens when it was not there. */
    public void untrack(Topic topic, Object member) {
        throw new UnsupportedOperationException();
    }
}
