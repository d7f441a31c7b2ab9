package dev.parley.realtime;

import dev.parley.broadcast.Broadcast;
import dev.parley.broadcast.TopicHub;
import dev.parley.database.Reminder;
import dev.parley.feed.Change;
import dev.parley.feed.Delta;
import dev.parley.feed.FeedGap;
import dev.parley.feed.FeedListener;
import dev.parley.feed.LogSelection.Table;
import dev.parley.feed.Position;
import dev.parley.feed.Tail;
import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.io.IOException;
import java.time.Duration;
import java.util.Set;
import org.jboss.logging.Logger;

/**
 * Broadcasts from the database: what is inserted into {@code realtime.messages} is said to those who are on the topic, once: a transaction's in its order,
 * and after those of every transaction that had committed when it began. Every replica's tail brings it, so each tells its own.
 */
@ApplicationScoped
class DatabaseBroadcasts implements FeedListener {

    private static final Logger LOG = Logger.getLogger(DatabaseBroadcasts.class);
    private static final Set<Table> MESSAGES = Set.of(new Table("realtime", "messages"));
    /** One such row is seldom alone. */
    private static final Duration REMINDER = Duration.ofSeconds(30);

    private final Tail tail;
    private final TopicHub hub;
    private final StoredBroadcasts stored;
    private final RealtimeSettings settings;
    private final Reminder tooLarge = new Reminder(REMINDER), unreadable = new Reminder(REMINDER);

    DatabaseBroadcasts(Tail tail, TopicHub hub, StoredBroadcasts stored, RealtimeSettings settings) {
        this.tail = tail;
        this.hub = hub;
        this.stored = stored;
        this.settings = settings;
    }

    void start(@Observes @Priority(1) StartupEvent event) {
        tail.listen(this);
    }

    @Override
    public Set<Table> wanted() {
        return MESSAGES;
    }

    @Override
    public void read(Delta delta) {
        for (Change change : delta.changes()) {
            if (change.operation() == Change.Operation.INSERT && change.table().equals("messages") && change.schema().equals("realtime")) {
                publish(change);
                hub.said(change.xid());
            }
        }
        hub.read(delta.after().base()::sees);
    }

    @Override
    public void reset(FeedGap.Reason reason, Position from) {
        // broadcasts that went by unread are lost to those who were there; who joins asks for them
        hub.read(from.base()::sees);
    }

    private void publish(Change change) {
        if (change.cut()) {
            tooLarge.say(() -> LOG.warnf("a row of realtime.messages is not broadcast: it is too large for the change log (change %d)", change.id()));
            return;
        }
        try {
            StoredRow row = StoredRow.read(change.record());
            Object source = row.id() == null ? null : stored.source(row.id());
            if (!row.isBroadcast() || !hub.isHeard(row.topic())) {
                return;
            }
            Broadcast broadcast = row.broadcast();
            if (broadcast.payload().length > settings.maxBroadcastBytes) {
                tooLarge.say(() -> LOG.warn("a row of realtime.messages is not broadcast: its payload has more bytes than parley.realtime.max-broadcast-bytes"));
            } else {
                hub.publishHere(row.topic(), broadcast, source);
            }
        } catch (IOException | IllegalArgumentException e) {
            unreadable.say(() -> LOG.warnf("a row of realtime.messages is not broadcast: it can't be read (change %d)", change.id()));
        }
    }
}
