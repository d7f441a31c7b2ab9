package dev.parley.stream;

import dev.parley.feed.Delta;
import dev.parley.feed.FeedGap.Reason;
import dev.parley.feed.Position;
import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;

/**
 * The subscriptions of one event loop, indexed by what they follow. Everything here happens on that event loop, so nothing is locked and the
 * cost of a change depends on who gets it here.
 */
final class Shard {

    private final EventLoop loop;
    private final Map<UUID, Subscribers> conversations = new HashMap<>();
    private final Subscribers feeds = new Subscribers();
    private final TableIndex tables;
    /** Those who wait for the tail to reach their replay's snapshot. */
    private final List<StreamSubscription> waiting = new ArrayList<>();
    /** The same of those who follow tables, which may be handed out later. */
    private final List<StreamSubscription> waitingForTables = new ArrayList<>();

    Shard(EventLoop loop, Interest interest) {
        this.loop = loop;
        this.tables = new TableIndex(interest);
    }

    TableIndex tables() {
        return tables;
    }

    EventLoop loop() {
        return loop;
    }

    /** @param conversation null for the global stream */
    Member add(UUID conversation, StreamSubscription subscription) {
        return (conversation == null ? feeds : conversations.computeIfAbsent(conversation, id -> new Subscribers())).add(subscription);
    }

    void remove(UUID conversation, Member member) {
        if (conversation == null) {
            feeds.remove(member);
            return;
        }
        Subscribers subscribers = conversations.get(conversation);
        subscribers.remove(member);
        if (subscribers.isEmpty()) {
            conversations.remove(conversation);
        }
    }

    void await(StreamSubscription subscription, boolean tables) {
        (tables ? waitingForTables : waiting).add(subscription);
    }

    void deliver(Batch batch) {
        deliverChat(batch);
        deliverTables(batch);
    }

    void deliverChat(Batch batch) {
        if (batch.truncated()) {
            each(subscription -> subscription.resync(Reason.TRUNCATED));
        }
        batch.conversations().forEach((id, part) -> serve(id, subscription -> subscription.changed(batch.delta(), part)));
        if (batch.all().size() > 0) {
            feeds.each(subscription -> subscription.changed(batch.delta(), batch.all()));
        }
        reached(waiting, batch.delta());
    }

    void deliverTables(Batch batch) {
        tables.deliver(batch);
        reached(waitingForTables, batch.delta());
    }

    private static void reached(List<StreamSubscription> waiting, Delta delta) {
        if (delta.complete() && !waiting.isEmpty()) {
            List<StreamSubscription> before = List.copyOf(waiting);
            waiting.clear(); // some wait again
            before.forEach(waited -> Subscribers.serve(waited, subscription -> subscription.tailReached(delta)));
        }
    }

    void resetChat(Reason reason) {
        each(subscription -> subscription.resync(reason));
    }

    void resetTables(Reason reason) {
        tables.each(subscription -> subscription.resync(reason));
    }

    void tellPositions(Position chat, Position ofTables) {
        Frames frames = Frames.of(FrameJson.position(chat));
        each(subscription -> subscription.idle(chat, frames));
        tables.positioned().each(subscription -> subscription.idle(ofTables, null));
    }

    void ephemeral(UUID conversationId, Frames frames) {
        serve(conversationId, subscription -> subscription.ephemeral(frames));
        feeds.each(subscription -> subscription.ephemeral(frames));
    }

    private void each(Consumer<StreamSubscription> action) {
        new ArrayList<>(conversations.keySet()).forEach(id -> serve(id, action));
        feeds.each(action);
    }

    private void serve(UUID conversationId, Consumer<StreamSubscription> action) {
        Subscribers subscribers = conversations.get(conversationId);
        if (subscribers != null) {
            subscribers.each(action);
            if (subscribers.isEmpty()) {
                conversations.remove(conversationId, subscribers);
            }
        }
    }
}
