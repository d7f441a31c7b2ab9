package dev.parley.bench;

import dev.parley.testing.Await;
import dev.parley.testing.ChangeBinding;
import dev.parley.testing.Instance;
import dev.parley.testing.Parallel;
import dev.parley.testing.RealtimeChannel;
import dev.parley.testing.RealtimeClient;
import dev.parley.testing.RealtimeVersion;
import dev.parley.testing.Sql;
import dev.parley.testing.TestPostgres;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;

/**
 * Whether a change costs more when more subscriptions wait for other values of the same column: 100 subscribers with one filter each, and beside them
 * first few, then many that nothing is ever for. Each change has exactly one receiver.
 *
 * <p>Arguments: the two numbers of idle subscriptions (1000 20000), changes of a round (20000), rounds (3).
 */
public final class IdleSubscriptions {

    private static final int SUBSCRIBERS = 100;
    private static final int CHANNELS_OF_A_SOCKET = 100;
    private static final int WRITERS = 4;
    private static final int ROWS_OF_A_TRANSACTION = 10;
    private static final Duration PATIENCE = Duration.ofMinutes(5);
    private static final String TABLE = """
            create table public.items (id bigint generated always as identity primary key, owner int not null, content text not null)""";
    private static final String INSERT = """
            insert into items (owner, content) select (n * 7 + ?) % 100, 'a change of about as many bytes as a message' from generate_series(1, ?) n""";

    private record Figures(double perSecond, double microsPerChange) {
    }

    private final TestPostgres database;
    private final Instance instance;
    private final LongAdder delivered = new LongAdder();
    private final LongAdder strays = new LongAdder();

    private IdleSubscriptions(TestPostgres database, Instance instance) {
        this.database = database;
        this.instance = instance;
    }

    public static void main(String[] arguments) throws Exception {
        int few = argument(arguments, 0, 1_000);
        int many = argument(arguments, 1, 20_000);
        int changes = argument(arguments, 2, 20_000) / (WRITERS * ROWS_OF_A_TRANSACTION) * WRITERS * ROWS_OF_A_TRANSACTION;
        int rounds = argument(arguments, 3, 3);
        try (TestPostgres database = TestPostgres.start(); Instance instance = Instance.over(database).jvm("-XX:TieredStopAtLevel=4", "-Xmx768m")
                .setting("parley.realtime.max-channels", String.valueOf(CHANNELS_OF_A_SOCKET))
                .setting("parley.realtime.max-joins-per-second", "1000000").setting("parley.realtime.max-events-per-second", "1000000").start()) {
            Sql.on(database).run(TABLE);
            Sql.on(database).run("select parley.watch('public.items')");
            new IdleSubscriptions(database, instance).run(few, many, changes, rounds);
        }
    }

    private void run(int few, int many, int changes, int rounds) throws Exception {
        try (RealtimeClient first = RealtimeClient.of(RealtimeVersion.V2).connect(instance)) {
            first.channel("items").on(ChangeBinding.of("*", "public", "items")).joinOnceWatched().leave();
        }
        List<RealtimeClient> subscribers = subscribe(0, SUBSCRIBERS, 1, delivered);
        List<RealtimeClient> idle = subscribe(SUBSCRIBERS, few, CHANNELS_OF_A_SOCKET, strays);
        System.out.printf("%d subscribers, %d changes a round; warming up%n", SUBSCRIBERS, changes);
        measure(changes);
        measure(changes);

        List<Figures> withFew = new ArrayList<>();
        List<Figures> withMany = new ArrayList<>();
        System.out.printf("%-8s %12s %14s %20s%n", "round", "idle", "changes/s", "server µs/change");
        for (int round = 1; round <= rounds; round++) {
            withFew.add(print(round, few, measure(changes)));
            List<RealtimeClient> more = subscribe(SUBSCRIBERS + few, many - few, CHANNELS_OF_A_SOCKET, strays);
            withMany.add(print(round, many, measure(changes)));
            more.forEach(RealtimeClient::close);
        }
        System.out.printf("median: server time for a change with %d idle is %.2f times that with %d%n", many,
                median(withMany) / median(withFew), few);
        if (strays.sum() > 0) {
            throw new AssertionError(strays.sum() + " changes came to subscriptions that they were not for");
        }
        subscribers.forEach(RealtimeClient::close);
        idle.forEach(RealtimeClient::close);
    }

    /** One channel with one filter for each owner; returns once all are joined. */
    private List<RealtimeClient> subscribe(int firstOwner, int number, int channelsOfASocket, LongAdder counter) throws IOException {
        List<RealtimeClient> clients = new ArrayList<>();
        List<RealtimeChannel> channels = new ArrayList<>();
        for (int owner = firstOwner; owner < firstOwner + number; owner++) {
            if (channels.size() % channelsOfASocket == 0) {
                clients.add(RealtimeClient.of(RealtimeVersion.V2).connect(instance));
            }
            ChangeBinding binding = ChangeBinding.of("INSERT", "public", "items").filter("owner=eq." + owner).onChange(change -> counter.increment());
            channels.add(clients.get(clients.size() - 1).channel("owner " + owner).on(binding).join());
        }
        channels.forEach(RealtimeChannel::awaitJoined);
        return clients;
    }

    private Figures measure(int changes) throws Exception {
        long expected = delivered.sum() + changes;
        Duration processor = instance.processorTime();
        long start = System.nanoTime();
        Parallel.run(WRITERS, i -> () -> Sql.on(database).with(connection -> {
            for (int written = 0; written < changes / WRITERS; written += ROWS_OF_A_TRANSACTION) {
                Sql.run(connection, INSERT, i * 25 + written, ROWS_OF_A_TRANSACTION);
            }
            return null;
        }));
        Await.until(() -> delivered.sum() >= expected, PATIENCE, () -> expected + " deliveries; " + delivered.sum());
        double seconds = (System.nanoTime() - start) / 1e9;
        double micros = instance.processorTime().minus(processor).toNanos() / 1e3;
        return new Figures(changes / seconds, micros / changes);
    }

    private static Figures print(int round, int idle, Figures figures) {
        System.out.printf("%-8d %12d %14.0f %20.1f%n", round, idle, figures.perSecond(), figures.microsPerChange());
        return figures;
    }

    private static double median(List<Figures> figures) {
        double[] sorted = figures.stream().mapToDouble(Figures::microsPerChange).sorted().toArray();
        return sorted[sorted.length / 2];
    }

    private static int argument(String[] arguments, int index, int otherwise) {
        return Arrays.stream(arguments).skip(index).findFirst().map(Integer::parseInt).orElse(otherwise);
    }
}
