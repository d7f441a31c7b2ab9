package dev.parley.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.parley.testing.Await;
import dev.parley.testing.Conversations;
import dev.parley.testing.Instance;
import dev.parley.testing.Sql;
import dev.parley.testing.StreamClient;
import dev.parley.testing.TestPostgres;
import dev.parley.testing.Truth;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** A transaction so large that its first page takes longer than a read may: rows are slow here, so that few do. */
class SlowReadsIT {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int ROWS = 1_500;
    /** A millisecond for each row that is looked at. */
    private static final List<String> SLOW_ROWS = List.of(
            "create function parley.slowly() returns boolean language plpgsql volatile as 'begin perform pg_sleep(0.001); return true; end'",
            "alter table parley.change_log rename to rows_of_change_log",
            "create view parley.change_log as select * from parley.rows_of_change_log where parley.slowly()");

    @Test
    void aTransactionWhoseFirstPageTakesLongerThanAReadMayIsDeliveredAndItsLateReadersAreToldToBeginAnew() throws Exception {
        try (TestPostgres database = TestPostgres.startMigrated();
                Instance instance = Instance.over(database).setting("parley.feed.read-timeout", "1s").start()) {
            UUID conversation = Conversations.insert(database, "slow");
            String before;
            try (StreamClient reader = StreamClient.global().join(instance)) {
                before = reader.position();
                Sql.on(database).with(connection -> {
                    connection.setAutoCommit(false);
                    for (String statement : SLOW_ROWS) {
                        Sql.run(connection, statement);
                    }
                    connection.commit();
                    return null;
                });
                Sql.on(database).run("insert into messages (conversation_id, content) select ?, 'one of many' from generate_series(1, ?)", conversation, ROWS);
                Await.until(() -> reader.deliveries().count() == ROWS, PATIENCE, () -> reader.deliveries().count() + " messages came; closed " + reader.closes());
                reader.deliveries().assertExactly(Truth.messages(database, List.of(conversation)));
                assertEquals(List.of(), reader.frames("resync"));

                try (StreamClient late = StreamClient.global().at(before).connect(instance)) {
                    assertEquals("too_far_behind", late.awaitResync().path("reason").asText());
                    late.awaitLive();
                    Sql.on(database).run("insert into messages (conversation_id, content) values (?, 'next')", conversation);
                    Await.until(() -> late.deliveries().count() == 1 && reader.deliveries().count() == ROWS + 1, PATIENCE, "the next message, to both");
                }
            }
        }
    }
}
