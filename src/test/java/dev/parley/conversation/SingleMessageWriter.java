package dev.parley.conversation;

import io.quarkus.arc.DefaultBean;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.UUID;

/** Stores one message a transaction. */
@ApplicationScoped
@DefaultBean
class SingleMessageWriter implements MessageWriter {

    private final Pool pool;

    SingleMessageWriter(Pool pool) {
        this.pool = pool;
    }

    @Override
    public Uni<Sent> send(NewMessage m) {
        Tuple values = Tuple.tuple().addArrayOfUUID(new UUID[] {m.id()}).addArrayOfUUID(new UUID[] {m.conversationId()})
                .addArrayOfString(new String[] {m.senderId()}).addArrayOfString(new String[] {m.senderRole()})
                .addArrayOfString(new String[] {m.content()}).addArrayOfString(new String[] {m.metadata()});
        return pool.preparedQuery("select outcome, seq, stored from parley.write_messages($1, $2, $3, $4, $5, $6, true, 5000)").execute(values)
                .map(rows -> sent(m, rows.iterator().next()));
    }

    private static Sent sent(NewMessage m, Row row) {
        return switch (row.getString(0)) {
            case "created" -> new Sent(m.id(), row.getLong(1), false, row.getString(2));
            case "duplicate" -> new Sent(m.id(), row.getLong(1), true, row.getString(2));
            case "unknown" -> throw Unknown.conversation(m.conversationId());
            case "closed" -> throw new ParleyException(ErrorCode.CONVERSATION_CLOSED, "the conversation is closed");
            default -> throw new ParleyException(ErrorCode.ID_CONFLICT, "this id is used by something else");
        };
    }
}
