package dev.parley.feed;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.parley.database.Database;
import dev.parley.testing.Await;
import dev.parley.testing.Sql;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@QuarkusTest
class TailTest {

    private static final Set<LogSelection.Table> LATER = Set.of(new LogSelection.Table("s", "later"));

    @Inject
    DataSource dataSource;

    @Inject
    Database database;

    @Inject
    Tail tail;

    private Connection writer;
    private final AtomicInteger asked = new AtomicInteger();
    private final AtomicInteger later = new AtomicInteger();
    private final AtomicInteger unwanted = new AtomicInteger();
    private volatile boolean over;

    private final FeedListener listener = new FeedListener() {
        @Override
        public Set<LogSelection.Table> wanted() {
            // not yet when the second page is asked for, but before it is there
            return !over && asked.getAndIncrement() > 0 ? LATER : Set.of();
        }

        @Override
        public void read(Delta delta) {
            delta.changes().stream().filter(change -> change.schema().equals("s"))
                    .forEach(change -> (change.table().equals("later") ? later : unwanted).incrementAndGet());
        }

        @Override
        public void reset(FeedGap.Reason reason, Position from) {
            // not here
        }
    };

    @BeforeEach
    void listen() throws SQLException {
        database.migrated().await().atMost(Duration.ofSeconds(60));
        Await.until(() -> tail.position() != null, Duration.ofSeconds(30), "the tail has begun");
        tail.execute(() -> tail.listen(listener));
        writer = dataSource.getConnection();
        writer.setAutoCommit(false);
    }

    @AfterEach
    void stop() throws SQLException {
        over = true;
        Sql.run(writer, "delete from parley.change_log where schema_name = 's'");
        writer.commit();
        writer.close();
    }

    @Test
    void whoComesToWantATableWhileItsRowsAreBeingLeftOutGetsThemAndTheOthersAreNotRead() throws SQLException {
        for (String table : new String[] {"unwanted", "later", "unwanted"}) {
            Sql.run(writer, "insert into parley.change_log (schema_name, table_name, operation) select 's', ?, 'INSERT' from generate_series(1, 1500)", table);
        }
        long end = Sql.values(writer, "select pg_current_xact_id()::text::bigint", Long.class).get(0);
        writer.commit();
        tail.ring();
        Await.until(() -> tail.position().base().sees(end), Duration.ofSeconds(30), "the transaction is read");
        assertEquals(1_500, later.get());
        assertTrue(unwanted.get() <= 1_000, () -> unwanted + ", more than those of the first page");
    }
}
