package dev.parley.socket;

import dev.parley.access.Identity;
import dev.parley.feed.Position;
import io.netty.channel.Channel;
import io.quarkus.websockets.next.UserData.TypedKey;
import java.util.UUID;

/**
 * What the upgrade request asked for, checked.
 *
 * @param conversation null on the global stream
 * @param after        the last number that the client has; null on the global stream, or to begin with now
 * @param position     the position that the client has reached, or null
 */
record SocketRequest(Channel channel, Identity identity, UUID conversation, Long after, Position position) {

    static final TypedKey<SocketRequest> KEY = new TypedKey<>("parley.request");
}
