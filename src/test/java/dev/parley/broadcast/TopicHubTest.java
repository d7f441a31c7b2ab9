package dev.parley.broadcast;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.parley.testing.Await;
import dev.parley.testing.Seed;
import io.netty.channel.EventLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TopicHubTest {

    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final Topic PUBLIC = new Topic("chat:42", false);

    private final Loops loops = new Loops();
    private final MemoryBus bus = new MemoryBus(new Random(1));
    private final MemoryBus.Port hereBus = bus.open();
    private final MemoryBus.Port thereBus = bus.open();
    private final TopicHub here = new TopicHub(hereBus);
    private final TopicHub there = new TopicHub(thereBus);

    /** Keeps what it gets. */
    private final class Ear implements TopicHub.Receiver {

        private final EventLoop loop = loops.next();
        private final List<Broadcast> heard = Collections.synchronizedList(new ArrayList<>());

        @Override
        public void receive(Broadcast broadcast) {
            assertTrue(loop.inEventLoop());
            heard.add(broadcast);
        }

        Ear join(TopicHub hub, Topic topic) {
            Loops.on(loop, () -> hub.join(topic, loop, this));
            return this;
        }

        void leave(TopicHub hub, Topic topic) {
            Loops.on(loop, () -> hub.leave(topic, loop, this));
        }

        List<String> payloads() {
            return heard.stream().map(broadcast -> new String(broadcast.payload(), UTF_8)).toList();
        }

        void await(int number) {
            Await.until(() -> heard.size() >= number, PATIENCE, () -> number + " heard, not " + heard.size());
        }
    }

    @BeforeEach
    void start() {
        here.start(null);
        there.start(null);
    }

    @AfterEach
    void stop() {
        hereBus.close();
        thereBus.close();
        loops.close();
    }

    @Test
    void whatFollowsAStoredOneIsSaidOnAReplicaOnceThatHasReadIt() {
        Ear near = new Ear().join(here, PUBLIC), far = new Ear().join(there, PUBLIC);
        here.publish(PUBLIC, said("follows"), null, 7);
        here.publish(PUBLIC, said("follows too"), null, 7);
        here.publish(PUBLIC, said("plain"), null);
        near.await(1);
        far.await(1);
        there.read(transaction -> transaction == 7);
        far.await(3);
        assertEquals(List.of("plain"), near.payloads());
        assertEquals(List.of("plain", "follows", "follows too"), far.payloads());
        here.publish(PUBLIC, said("last"), null, 7);
        far.await(4);
        // what stored it is never read here: it does not wait for ever
        near.await(4);
        assertEquals(List.of("plain", "follows", "follows too", "last"), near.payloads());
    }

    /** In all they are more than what there is room for at once. */
    @Test
    void whatHasBeenSaidTakesNoRoomFromWhatWaits() {
        Ear far = new Ear().join(there, PUBLIC);
        String large = "x".repeat(1_000_000);
        for (int transaction = 1; transaction <= 12; transaction++) {
            int stored = transaction;
            here.publish(PUBLIC, said(large), null, stored);
            here.publish(PUBLIC, said("plain"), null);
            far.await(2 * stored - 1);
            assertEquals("plain", new String(far.heard.get(2 * stored - 2).payload(), UTF_8), () -> "what follows transaction " + stored + " came before it was read");
            there.read(transactions -> transactions <= stored);
            far.await(2 * stored);
        }
    }

    @Test
    void everybodyOnTheTopicHearsItButItsSourceHereAndElsewhere() {
        Ear source = new Ear().join(here, PUBLIC);
        Ear near = new Ear().join(here, PUBLIC);
        Ear far = new Ear().join(there, PUBLIC);
        here.publish(PUBLIC, said("1"), source);
        here.publish(PUBLIC, said("2"), null);
        near.await(2);
        far.await(2);
        source.await(1);
        assertEquals(List.of("1", "2"), near.payloads());
        assertEquals(List.of("1", "2"), far.payloads());
        assertEquals(List.of("2"), source.payloads());
    }

    @Test
    void aPublicAndAPrivateTopicOfOneNameHaveNothingInCommon() {
        Topic secret = new Topic(PUBLIC.name(), true);
        Ear open = new Ear().join(there, PUBLIC);
        Ear closed = new Ear().join(there, secret);
        here.publish(secret, said("secret"), null);
        here.publish(PUBLIC, said("open"), null);
        open.await(1);
        closed.await(1);
        assertEquals(List.of("open"), open.payloads());
        assertEquals(List.of("secret"), closed.payloads());
    }

    @Test
    void aBroadcastArrivesElsewhereAsItIs() {
        Ear far = new Ear().join(there, PUBLIC);
        byte[] bytes = new byte[100_000];
        new Random(7).nextBytes(bytes);
        here.publish(PUBLIC, Broadcast.of("Ereignis \uD83D\uDE00\n", bytes, false, "{\"id\":\"1\"}"), null);
        here.publish(PUBLIC, Broadcast.of("", "{\n}".getBytes(UTF_8), true, null), null);
        here.publish(PUBLIC, Broadcast.text("{\"event\":\"x\"}".getBytes(UTF_8)), null);
        far.await(3);
        Broadcast binary = far.heard.get(0);
        assertEquals("Ereignis \uD83D\uDE00\n", binary.event());
        assertArrayEquals(bytes, binary.payload());
        assertFalse(binary.isJson());
        assertEquals("{\"id\":\"1\"}", binary.meta());
        Broadcast json = far.heard.get(1);
        assertEquals("", json.event());
        assertEquals("{\n}", new String(json.payload(), UTF_8));
        assertTrue(json.isJson());
        assertNull(json.meta());
        assertNull(json.envelope());
        assertEquals("{\"event\":\"x\"}", new String(far.heard.get(2).envelope(), UTF_8));
    }

    @Test
    void whatOneThreadPublishesComesInOrder() {
        List<Ear> ears = IntStream.range(0, 5).mapToObj(i -> new Ear().join(i % 2 == 0 ? here : there, PUBLIC)).toList();
        List<String> said = IntStream.range(0, 2_000).mapToObj(String::valueOf).toList();
        said.forEach(word -> here.publish(PUBLIC, said(word), null));
        ears.forEach(ear -> ear.await(said.size()));
        ears.forEach(ear -> assertEquals(said, ear.payloads()));
    }

    @Test
    void whatIsForThisReplicaAloneStaysHere() {
        Ear near = new Ear().join(here, PUBLIC);
        Ear far = new Ear().join(there, PUBLIC);
        here.publishHere(PUBLIC, said("mine"));
        here.publish(PUBLIC, said("everybody's"), null);
        near.await(2);
        far.await(1);
        assertEquals(List.of("everybody's"), far.payloads());
    }

    @Test
    void oneThatLeavesOrBreaksWhileAllAreServedCostsNobodyElseAnything() {
        EventLoop loop = loops.next();
        List<String> heard = Collections.synchronizedList(new ArrayList<>());
        List<TopicHub.Receiver> all = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            int number = i;
            all.add(broadcast -> {
                heard.add(number + ":" + new String(broadcast.payload(), UTF_8));
                if (number == 3) {
                    here.leave(PUBLIC, loop, all.get(3));
                    here.leave(PUBLIC, loop, all.get(4));
                }
                if (number == 7) {
                    throw new IllegalStateException("a test's");
                }
            });
        }
        Loops.on(loop, () -> all.forEach(one -> here.join(PUBLIC, loop, one)));
        here.publish(PUBLIC, said("a"), null);
        here.publish(PUBLIC, said("b"), null);
        Loops.on(loop, () -> { });
        List<String> expected = new ArrayList<>();
        IntStream.range(0, 20).filter(i -> i != 4).forEach(i -> expected.add(i + ":a"));
        IntStream.range(0, 20).filter(i -> i != 3 && i != 4).forEach(i -> expected.add(i + ":b"));
        assertEquals(expected.stream().sorted().toList(), heard.stream().sorted().toList());
    }

    @Test
    void whoComesAndGoesAtRandomHearsExactlyWhatWasSaidMeanwhile() {
        Random random = Seed.stream(Seed.of(getClass()), 0);
        List<Ear> inside = new ArrayList<>();
        List<Ear> outside = new ArrayList<>(IntStream.range(0, 30).mapToObj(i -> new Ear()).toList());
        java.util.Map<Ear, List<String>> expected = new java.util.IdentityHashMap<>();
        outside.forEach(ear -> expected.put(ear, new ArrayList<>()));
        for (int i = 0; i < 1_000; i++) {
            int dice = random.nextInt(3);
            if (dice == 0 && !outside.isEmpty()) {
                inside.add(outside.remove(random.nextInt(outside.size())).join(here, PUBLIC));
            } else if (dice == 1 && !inside.isEmpty()) {
                Ear leaving = inside.remove(random.nextInt(inside.size()));
                leaving.leave(here, PUBLIC);
                outside.add(leaving);
            } else {
                String word = String.valueOf(i);
                here.publish(PUBLIC, said(word), null);
                inside.forEach(ear -> expected.get(ear).add(word));
                inside.forEach(ear -> Loops.on(ear.loop, () -> { }));
            }
        }
        expected.forEach((ear, words) -> assertEquals(words, ear.payloads()));
        inside.forEach(ear -> ear.leave(here, PUBLIC));
        assertFalse(here.isHeard(PUBLIC), "nothing is kept of a topic that nobody is on");
    }

    private static Broadcast said(String payload) {
        return Broadcast.of("word", payload.getBytes(UTF_8), true, null);
    }
}
