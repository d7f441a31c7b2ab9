package dev.parley.stream;

import dev.parley.changes.RowFilter;
import dev.parley.changes.RowFilter.Verdict;
import dev.parley.feed.Change;
import dev.parley.feed.Change.Operation;
import dev.parley.feed.Delta;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * One page of the tail, sorted by who gets it. Made on the tail's event loop, read by all others.
 */
final class Batch {

    private final Delta delta;
    private final Map<UUID, ChatPart> conversations = new LinkedHashMap<>();
    private final ChatPart all = new ChatPart();
    private final List<TableChange> tableChanges;
    private volatile Verdicts verdicts = Verdicts.NONE;
    private boolean truncated;

    /**
     * @param chat     whether chat's two tables are Parley's own
     * @param interest in changes of tables, chat's or others
     */
    Batch(Delta delta, boolean chat, Interest interest) {
        this.delta = delta;
        this.tableChanges = tableChanges(delta, interest);
        if (chat) {
            sortChat();
        }
    }

    private static List<TableChange> tableChanges(Delta delta, Interest interest) {
        List<TableChange> wanted = null;
        for (Change change : delta.changes()) {
            if (change.operation() != Operation.TRUNCATE && interest.in(change.schema(), change.table())) {
                if (wanted == null) {
                    wanted = new ArrayList<>();
                }
                wanted.add(new TableChange(change));
            }
        }
        return wanted == null ? List.of() : wanted;
    }

    private void sortChat() {
        for (Change change : delta.changes()) {
            ChatChange chat = ChatChange.of(change);
            if (chat == null) {
                continue;
            }
            if (chat.kind() == ChatChange.Kind.TRUNCATED) {
                truncated = true;
                continue;
            }
            all.add(chat);
            if (chat.conversationId() != null) {
                conversations.computeIfAbsent(chat.conversationId(), id -> new ChatPart()).add(chat);
            }
        }
    }

    /**
     * Finds out what has to be known of the changes of tables before they can be told from each other.
     *
     * @return at once in nearly all cases; never fails: for what could not be found out, {@link #verdict} says so
     */
    Future<Void> prepare(TableReader reader, Interest interest) {
        if (tableChanges.isEmpty()) {
            return Future.succeededFuture();
        }
        return Shapes.give(reader.catalog(), tableChanges).compose(shaped -> {
            Verdicts asked = new Verdicts();
            for (TableChange change : tableChanges) {
                for (RowFilter filter : interest.asking(change.name())) {
                    if (filter.test(change.tested()) == Verdict.ASK) {
                        asked.question(filter, change);
                    }
                }
            }
            verdicts = asked;
            return asked.isEmpty() ? Future.succeededFuture() : asked.ask(reader.judge()::judgeAtOnce).otherwiseEmpty();
        });
    }

    /** {@link Verdict#ASK} when nobody knows. */
    Verdict verdict(RowFilter filter, TableChange change) {
        return verdicts.verdict(filter, change);
    }

    /** Those that somebody subscribes to, in order. */
    List<TableChange> tableChanges() {
        return tableChanges;
    }

    Delta delta() {
        return delta;
    }

    Map<UUID, ChatPart> conversations() {
        return conversations;
    }

    /** What the global streams get. */
    ChatPart all() {
        return all;
    }

    /** Whether a table was emptied in it: no frame can tell that exactly. */
    boolean truncated() {
        return truncated;
    }

    boolean isEmpty() {
        return all.size() == 0 && tableChanges.isEmpty() && !truncated;
    }
}
