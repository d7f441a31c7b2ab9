package dev.parley.realtime;

import dev.parley.access.Caller;
import io.netty.channel.Channel;
import io.quarkus.websockets.next.UserData.TypedKey;

/**
 * What the upgrade request asked for, checked.
 *
 * @param caller whose key it brought
 */
record RealtimeRequest(Channel channel, Vsn vsn, Caller caller) {

    static final TypedKey<RealtimeRequest> KEY = new TypedKey<>("parley.realtime");
}
