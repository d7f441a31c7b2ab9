package dev.parley.broadcast;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.parley.database.TestDatabase;
import dev.parley.testing.Await;
import dev.parley.testing.Seed;
import dev.parley.testing.Sql;
import dev.parley.testing.TestPostgres;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;

class PostgresBusTest {

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final String KIND = "test";
    private static final PostgresBus.Pace QUICK = new PostgresBus.Pace(Duration.ofMillis(300), Duration.ofSeconds(2), Duration.ofMillis(200));

    private static TestPostgres database;

    private final Loops loops = new Loops();
    private final List<PostgresBus> buses = new ArrayList<>();

    @BeforeAll
    static void startDatabase() throws IOException {
        database = TestPostgres.start();
        try (InputStream migration = PostgresBusTest.class.getResourceAsStream("/db/migration/internals/V20__large_events.sql")) {
            Sql.on(database).run("create schema parley;" + new String(migration.readAllBytes(), UTF_8));
        }
    }

    @AfterAll
    static void stopDatabase() {
        database.close();
    }

    @AfterEach
    void stop() throws InterruptedException {
        for (PostgresBus bus : buses) {
            bus.stop(null);
        }
        loops.close();
    }

    @Test
    void smallAndLargeEventsOfOneKindComeInOrderAndLargeOnesHoldUpNoOtherKind() {
        PostgresBus sender = bus();
        PostgresBus receiver = bus();
        List<String> got = listen(receiver, KIND);
        List<String> other = listen(receiver, "other");
        awaitNeighbours();
        Random random = Seed.stream(Seed.of(getClass()), 0);
        List<String> sent = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            String payload = i + " " + text(random, i % 10 == 0 ? 100_000 : 100);
            sent.add(payload);
            sender.publish(KIND, payload);
            sender.publish("other", String.valueOf(i));
        }
        Await.until(() -> got.size() == sent.size(), PATIENCE, () -> got.size() + " of " + sent.size());
        assertEquals(sent, got);
        Await.until(() -> other.size() == 200, PATIENCE, "the others");
    }

    @Test
    void aBurstOfManyNotificationsIsSentInFewTurnsAndInOrder() {
        PostgresBus sender = bus();
        List<String> got = listen(bus(), KIND);
        awaitNeighbours();
        // but two of these fit a notification
        List<String> sent = IntStream.range(0, 300).mapToObj(i -> i + " " + "x".repeat(3_000)).toList();
        Sql.on(database).with(other -> {
            Sql.run(other, "listen parley_broadcast");
            sent.forEach(payload -> sender.publish(KIND, payload));
            List<String> notifications = new ArrayList<>();
            Await.until(() -> {
                for (PGNotification notification : other.unwrap(PGConnection.class).getNotifications(10)) {
                    notifications.add(notification.getParameter());
                }
                return notifications.stream().anyMatch(lines -> lines.contains(sent.get(sent.size() - 1)));
            }, PATIENCE, () -> "the last, of " + notifications.size() + " notifications");
            // each turn's first has the number 0
            long turns = notifications.stream().filter(lines -> lines.contains("\n0\n")).count();
            assertTrue(turns > 0 && turns < 50, () -> notifications.size() + " notifications in " + turns + " turns");
            return null;
        });
        Await.until(() -> got.size() == sent.size(), PATIENCE, () -> got.size() + " of " + sent.size());
        assertEquals(sent, got);
    }

    @Test
    void equalEventsAllCome() {
        PostgresBus sender = bus();
        List<String> got = listen(bus(), KIND);
        awaitNeighbours();
        List<String> sent = Collections.nCopies(100, "x".repeat(6_000));
        sent.forEach(payload -> sender.publish(KIND, payload));
        Await.until(() -> got.size() == sent.size(), PATIENCE, () -> got.size() + " of " + sent.size());
        assertEquals(sent, got);
    }

    @Test
    void aFloodOfBroadcastsNeitherDropsNorDelaysWhatKeepsReplicasAcquaintedAndPresenceExact() {
        PostgresBus sender = bus();
        PostgresBus receiver = bus();
        List<String> broadcasts = listen(receiver, KIND);
        List<String> presence = Collections.synchronizedList(new ArrayList<>());
        AtomicInteger before = new AtomicInteger();
        receiver.subscribe(PresenceTelling.KIND, line -> {
            presence.add(line);
            before.set(broadcasts.size());
        });
        List<String> replicas = listen(receiver, Neighbours.KIND);
        awaitNeighbours();
        String broadcast = "x".repeat(4_000);
        for (int i = 0; i < 6_000; i++) {
            sender.publish(KIND, broadcast);
        }
        List<String> told = IntStream.range(0, 100).mapToObj(i -> "h somebody " + i).toList();
        told.forEach(line -> sender.publish(PresenceTelling.KIND, line));
        replicas.clear();
        notify("replica hello stranger");
        Await.until(() -> presence.size() >= told.size() && replicas.toString().contains("here "), PATIENCE, () -> presence + " and " + replicas);
        assertEquals(told, presence);
        // all that the queue took are 5,000
        assertTrue(before.get() < 2_500, () -> before + " broadcasts came first");
        Await.until(() -> broadcasts.size() > before.get(), PATIENCE, "the broadcasts come too");
    }

    @Test
    void largeBroadcastsLeaveRoomForLargeLinesOfPresence() {
        PostgresBus sender = bus();
        List<String> presence = listen(bus(), PresenceTelling.KIND);
        awaitNeighbours();
        // together as many bytes as may be on their way at a time
        String broadcast = "x".repeat(6_400_000);
        for (int i = 0; i < 10; i++) {
            sender.publish(KIND, broadcast);
        }
        sender.publish(PresenceTelling.KIND, "x".repeat(200_000));
        Await.until(() -> presence.size() == 1, PATIENCE, "it came");
    }

    @Test
    void aBusKnowsItsOwnNotificationsOnWhicheverConnectionTheyComeBack() {
        PostgresBus bus = bus(QUICK);
        List<String> got = listen(bus, KIND);
        awaitNeighbours();
        List<String> sent = new ArrayList<>();
        Sql.on(database).with(other -> {
            Sql.run(other, "listen parley_broadcast");
            Await.until(() -> {
                notify("replica here another"); // else it says nothing
                bus.publish(KIND, "own");
                for (PGNotification notification : other.unwrap(PGConnection.class).getNotifications(10)) {
                    if (notification.getParameter().startsWith("@ ")) {
                        sent.add(notification.getParameter());
                    }
                }
                List<String> lines = sent.stream().flatMap(String::lines).toList();
                return lines.contains("test own") && lines.stream().anyMatch(line -> line.startsWith("replica here "));
            }, PATIENCE, () -> "what it sends, not " + sent);
            return null;
        });
        Await.until(() -> !bus.reachesOthers(), PATIENCE, "it knows that it is alone");
        sent.forEach(PostgresBusTest::notify);
        // as a replica of an older version says it, without its name
        notify("test older");
        Await.until(() -> got.contains("older"), PATIENCE, "it hears others");
        assertEquals(List.of("older"), got);
        assertFalse(bus.reachesOthers());
    }

    @Test
    void whateverANeighbourSendsIsASignOfItsLife() {
        PostgresBus bus = bus(QUICK);
        List<String> got = listen(bus, KIND);
        awaitNeighbours();
        notify("replica here stranger");
        long begun = System.nanoTime();
        Await.until(() -> {
            notify("@ stranger\ntest x");
            return System.nanoTime() - begun > QUICK.forgottenAfter().plus(QUICK.signOfLife()).plusMillis(300).toNanos();
        }, PATIENCE, "it would be forgotten");
        Await.until(() -> got.contains("x"), PATIENCE, "it comes");
        assertTrue(bus.reachesOthers());
    }

    @Test
    void theLargestEventArrivesAndALargerOneIsRefused() {
        PostgresBus sender = bus();
        List<String> got = listen(bus(), KIND);
        awaitNeighbours();
        String largest = "ä".repeat(EphemeralBus.MAX_PAYLOAD / 2);
        sender.publish(KIND, largest);
        Await.until(() -> got.size() == 1, PATIENCE, "it came");
        assertTrue(got.get(0).equals(largest));
        assertThrows(IllegalArgumentException.class, () -> sender.publish(KIND, largest + "x"));
        assertThrows(IllegalArgumentException.class, () -> sender.publish(KIND, "two\nlines"));
    }

    @Test
    void storedEventsAreDeletedAfterAWhile() {
        PostgresBus sender = bus(QUICK);
        bus(QUICK);
        awaitNeighbours();
        // what an earlier test left would be taken for this one's, and this one's be too young then
        Sql.on(database).run("delete from parley.large_event");
        sender.publish(KIND, "x".repeat(10_000));
        Await.until(() -> rows() > 0, PATIENCE, "stored");
        Sql.on(database).run("update parley.large_event set made_at = made_at - interval '1 hour'");
        Await.until(() -> rows() == 0, PATIENCE, "deleted");
    }

    @Test
    void aReplicaAloneSendsNothingAndASecondOneGetsAllFromItsFirstMomentOn() throws InterruptedException {
        PostgresBus first = bus(QUICK);
        Await.until(() -> !first.reachesOthers(), PATIENCE, "it knows that it is alone");
        long before = rows();
        first.publish(KIND, "x".repeat(10_000));
        PostgresBus second = bus(QUICK);
        List<String> got = listen(second, KIND);
        Await.until(() -> first.reachesOthers(), PATIENCE, "it knows that it is not alone any more");
        first.publish(KIND, "y");
        Await.until(() -> got.size() == 1, PATIENCE, "the second gets it");
        assertEquals(List.of("y"), got);
        assertEquals(before, rows());
        second.stop(null);
        buses.remove(second);
        // for a while after its own start a replica can't know
        Await.until(() -> !first.reachesOthers(), PATIENCE, "it knows that it is alone again");
    }

    @Test
    void theBusComesBackAfterTheDatabaseWasAway() {
        PostgresBus sender = bus();
        PostgresBus receiver = bus();
        List<String> got = listen(receiver, KIND);
        List<String> reconnects = Collections.synchronizedList(new ArrayList<>());
        receiver.onConnected(() -> reconnects.add("again"));
        awaitNeighbours();
        database.restart();
        Await.until(() -> reconnects.size() > 0 && sender.isConnected(), PATIENCE, "connected again");
        Await.until(() -> {
            sender.publish(KIND, "x".repeat(got.size() % 2 == 0 ? 10_000 : 1));
            Await.pause(Duration.ofMillis(50));
            return got.size() > 2;
        }, PATIENCE, "events come again");
    }

    @Test
    void rubbishOnTheChannelHarmsNothing() {
        PostgresBus sender = bus();
        List<String> got = listen(bus(), KIND);
        awaitNeighbours();
        for (String rubbish : List.of("", "\n\n", "x", "test", "*test", "*test x", "*test 1", "*test 999999 5", "*test 1 -5", "*test 1 99999999999", "*replica 1 1", "replica x", " ", "@", "@ ", "@ \n")) {
            notify(rubbish);
        }
        sender.publish(KIND, "fine");
        Await.until(() -> got.contains("fine"), PATIENCE, "the next event comes");
    }

    @Test
    void broadcastsAndPresenceTravelOverIt() {
        PostgresBus hereBus = bus();
        PostgresBus thereBus = bus();
        TopicHub here = new TopicHub(hereBus);
        TopicHub there = new TopicHub(thereBus);
        here.start(null);
        there.start(null);
        PresenceConfig config = config();
        Presence presenceHere = new Presence(hereBus, config, loops.vertx);
        Presence presenceThere = new Presence(thereBus, config, loops.vertx);
        presenceHere.start(null);
        presenceThere.start(null);
        awaitNeighbours();

        Topic topic = new Topic("room", true);
        List<byte[]> heard = Collections.synchronizedList(new ArrayList<>());
        var loop = loops.next();
        Loops.on(loop, () -> there.join(topic, loop, broadcast -> heard.add(broadcast.payload())));
        byte[] largest = new byte[TopicHub.MAX_BYTES];
        new Random(5).nextBytes(largest);
        here.publish(topic, Broadcast.of("e", largest, false, null), null);
        here.publish(topic, Broadcast.of("e", new byte[] {1}, false, null), null);
        Await.until(() -> heard.size() == 2, PATIENCE, "both came");
        assertTrue(java.util.Arrays.equals(largest, heard.get(0)));

        View view = new View();
        Loops.on(loop, () -> presenceThere.watch(topic, loop, view));
        for (int i = 0; i < 3_000; i++) {
            presenceHere.track(topic, new Object(), "key" + i, "{\"n\":" + i + ",\"more\":\"" + "x".repeat(200) + "\"}");
        }
        Await.until(() -> view.picture().size() == 3_000, PATIENCE, () -> view.picture().size() + " are there");
        presenceHere.stop(null);
        Await.until(() -> view.picture().isEmpty(), PATIENCE, "all left");
        assertEquals(List.of(), view.wrong());
        presenceThere.stop(null);
        assertFalse(there.isHeard(new Topic("room", false)));
    }

    private static PresenceConfig config() {
        return new PresenceConfig() {
            @Override
            public Duration heartbeat() {
                return Duration.ofSeconds(1);
            }

            @Override
            public int maxMembers() {
                return 10_000;
            }
        };
    }

    private PostgresBus bus() {
        return bus(PostgresBus.Pace.USUAL);
    }

    private PostgresBus bus(PostgresBus.Pace pace) {
        PostgresBus bus = new PostgresBus(loops.vertx, TestDatabase.connections(loops.vertx, database), TestDatabase.inPlace(), Optional::empty, pace);
        bus.start(null);
        buses.add(bus);
        return bus;
    }

    private void awaitNeighbours() {
        buses.forEach(bus -> Await.until(bus::isConnected, PATIENCE, "connected"));
    }

    private static List<String> listen(PostgresBus bus, String kind) {
        List<String> got = Collections.synchronizedList(new ArrayList<>());
        bus.subscribe(kind, got::add);
        return got;
    }

    private static void notify(String notification) {
        Sql.on(database).value("select pg_notify('parley_broadcast', ?)::text", String.class, notification);
    }

    private static long rows() {
        return Sql.on(database).value("select count(*) from parley.large_event", Long.class);
    }

    private static String text(Random random, int length) {
        return random.ints(length, 'a', 'z' + 1).collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append).toString();
    }
}
