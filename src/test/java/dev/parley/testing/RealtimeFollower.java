package dev.parley.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.LongNode;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;

/**
 * Follows messages over the Supabase protocol: a channel of its own on a socket of its own. The entry's {@code after} is the last {@code seq} for a
 * conversation, and the last position for all messages. Told to load afresh, it drops what it has.
 */
public final class RealtimeFollower implements Follower {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final UUID conversation;
    private final Deliveries deliveries;
    private final RealtimeClient client;
    private final RealtimeChannel channel;
    private final ChangeBinding binding;
    private volatile Long after;
    private volatile Consumer<RowChange> onMessage = change -> { };

    private RealtimeFollower(RealtimeVersion version, UUID conversation) {
        this.conversation = conversation;
        this.deliveries = new Deliveries("channel (" + version.number() + ") of " + (conversation == null ? "all messages" : conversation));
        this.client = RealtimeClient.of(version);
        this.binding = ChangeBinding.messages(conversation).onChange(this::deliver);
        if (conversation == null) {
            binding.afterPosition(null);
        } else {
            binding.after(this::lastSeq);
        }
        this.channel = client.channel(conversation == null ? "admin-global" : "chat:" + conversation).on(binding).onFrame(this::beginAnewIfTold);
    }

    /** Of one conversation, not yet connected. */
    public static RealtimeFollower conversation(RealtimeVersion version, UUID conversation) {
        return new RealtimeFollower(version, conversation);
    }

    /** Of all messages, not yet connected. */
    public static RealtimeFollower global(RealtimeVersion version) {
        return new RealtimeFollower(version, null);
    }

    /** Called on the reading thread with each message, after this client has taken note of it. */
    public RealtimeFollower onMessage(Consumer<RowChange> listener) {
        onMessage = listener;
        return this;
    }

    @Override
    public UUID conversation() {
        return conversation;
    }

    @Override
    public Deliveries deliveries() {
        return deliveries;
    }

    @Override
    public RealtimeFollower after(long seq) {
        after = seq;
        deliveries.startAfter(conversation, seq);
        return this;
    }

    /** The next join asks for what follows this position; for one that follows all. */
    public RealtimeFollower at(String position) {
        binding.afterPosition(position);
        return this;
    }

    /** Of the last message that came, or what the server has said since. */
    public String position() {
        return binding.position();
    }

    @Override
    public RealtimeFollower reconnectingTo(List<Instance> instances) {
        client.reconnectingTo(instances);
        return this;
    }

    @Override
    public RealtimeFollower connect(Instance instance) throws IOException {
        boolean first = client.socket() == null;
        client.connect(instance);
        if (first) {
            channel.join();
        }
        return this;
    }

    @Override
    public void awaitLive() {
        channel.awaitJoined();
    }

    /** Waits until the server has said that what was missed can't be told exactly, and after that that the channel goes on; returns the former. */
    public RealtimeFrame awaitLoadAfresh() {
        Await.until(() -> {
            List<RealtimeFrame> told = channel.frames("system");
            return told.stream().anyMatch(RealtimeFollower::saysLoadAfresh)
                    && told.get(told.size() - 1).payload().path("message").asText().equals("Subscribed to PostgreSQL");
        }, PATIENCE, () -> "told to load afresh, and subscribed after that; told " + channel.frames() + ", closed " + closes());
        return channel.awaitFrame("to load afresh", RealtimeFollower::saysLoadAfresh);
    }

    public RealtimeClient client() {
        return client;
    }

    @Override
    public void disconnect() {
        client.disconnect();
    }

    @Override
    public void pause() {
        client.pause();
    }

    @Override
    public void resume() {
        client.resume();
    }

    @Override
    public List<RawWebSocket.Closed> closes() {
        return client.closes();
    }

    @Override
    public List<?> disturbances() {
        List<Object> all = new ArrayList<>(channel.errors());
        all.addAll(client.violations());
        return all;
    }

    @Override
    public void close() {
        client.close();
    }

    private void beginAnewIfTold(RealtimeFrame frame) {
        if (saysLoadAfresh(frame)) {
            after = null;
            deliveries.restart();
        }
    }

    private static boolean saysLoadAfresh(RealtimeFrame frame) {
        return frame.event().equals("system") && frame.payload().path("status").asText().equals("error")
                && frame.payload().path("message").asText().endsWith(": load afresh");
    }

    private JsonNode lastSeq() {
        Long last = deliveries.last(conversation);
        if (last == null) {
            last = after;
        }
        return last == null ? null : LongNode.valueOf(last);
    }

    private void deliver(RowChange change) {
        JsonNode row = change.row();
        deliveries.add(UUID.fromString(row.get("conversation_id").asText()), row.get("seq").asLong(), UUID.fromString(row.get("id").asText()));
        onMessage.accept(change);
    }
}
