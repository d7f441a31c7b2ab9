package dev.parley.realtime;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.parley.testing.Await;
import dev.parley.testing.ChangeBinding;
import dev.parley.testing.Conversations;
import dev.parley.testing.Instance;
import dev.parley.testing.RealtimeChannel;
import dev.parley.testing.RealtimeClient;
import dev.parley.testing.RealtimeVersion;
import dev.parley.testing.RowChange;
import dev.parley.testing.Saboteur;
import dev.parley.testing.Seed;
import dev.parley.testing.Sql;
import dev.parley.testing.TestPostgres;
import dev.parley.testing.Witness;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Rows that nobody wants are left out of long reads. Whoever comes to want them in the middle of one misses none, and those who want others get all of theirs. */
class UnwantedRowsIT {

    private static final int JOINS = 6;
    private static final int ROWS = 3_000;
    /** A long read of unwanted rows takes no longer: a join somewhere in it is what is looked for. */
    private static final long LONG_READ_NANOS = 12_000_000;
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final Random random = Seed.stream(Seed.of(getClass()), 0);
    /** The last number that a transaction has taken that has begun. */
    private volatile int begun;
    private volatile int committed;

    @Test
    void whoSubscribesInTheMiddleOfALongReadMissesNothingOfIt() throws Exception {
        try (TestPostgres database = TestPostgres.startMigrated(); Instance instance = Instance.over(database).setting("parley.feed.page-size", "100").start();
                Connection connection = database.connect()) {
            Sql.run(connection, "create table counted (n int primary key)");
            Sql.run(connection, "select parley.watch('public.counted')");
            UUID conversation = Conversations.insert(database, "beside");
            connection.setAutoCommit(false);
            try (Witness witness = Witness.of(database, instance); RealtimeClient client = RealtimeClient.of(RealtimeVersion.V1).connect(instance);
                    Saboteur writer = Saboteur.every(Duration.ofMillis(120), () -> write(connection, conversation))) {
                for (int i = 0; i < JOINS; i++) {
                    join(client, i);
                }
                writer.close();
                witness.assertSawExactly(conversation);
            }
        }
    }

    private boolean write(Connection connection, UUID conversation) throws SQLException {
        int first = begun + 1, last = begun + ROWS;
        begun = last;
        Sql.run(connection, "insert into counted select generate_series(?, ?)", first, (first + last) / 2);
        Sql.run(connection, "insert into messages (conversation_id, content) values (?, 'amid')", conversation);
        Sql.run(connection, "insert into counted select generate_series(?, ?)", (first + last) / 2 + 1, last);
        connection.commit();
        committed = last;
        return true;
    }

    private void join(RealtimeClient client, int number) throws IOException {
        List<Integer> came = new CopyOnWriteArrayList<>();
        ChangeBinding binding = ChangeBinding.of("INSERT", "public", "counted").onChange(change -> came.add(number(change)));
        RealtimeChannel channel = client.channel("counted-" + number).on(binding);
        int before = committed;
        Await.until(() -> committed > before, PATIENCE, "a transaction commits that nobody wants");
        LockSupport.parkNanos((long) (random.nextDouble() * LONG_READ_NANOS));
        if (number == 0) {
            channel.joinOnceWatched();
        } else {
            channel.join().awaitJoined();
        }
        int wanted = begun + 1;
        Await.until(() -> came.contains(wanted), PATIENCE, () -> wanted + " comes, " + came.size() + " came");
        channel.leave();
        List<Integer> all = List.copyOf(came);
        assertEquals(IntStream.rangeClosed(all.get(0), all.get(all.size() - 1)).boxed().toList(), all);
    }

    private static int number(RowChange change) {
        return change.row().get("n").asInt();
    }
}
