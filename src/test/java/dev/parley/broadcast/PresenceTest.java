package dev.parley.broadcast;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.parley.testing.Await;
import dev.parley.testing.Seed;
import io.netty.channel.EventLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PresenceTest {

    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final Topic ROOM = new Topic("room", false);

    private final Loops loops = new Loops();
    private final long seed = Seed.of(getClass());
    private final MemoryBus bus = new MemoryBus(Seed.stream(seed, 99));
    private final List<Replica> replicas = new ArrayList<>();

    /** A replica and what the test did on it. */
    private final class Replica {

        private final MemoryBus.Port port = bus.open();
        private final Presence presence;
        private final Map<Topic, Map<Object, String[]>> tracked = new IdentityHashMap<>();
        private final List<Watching> watching = new ArrayList<>();

        Replica(Duration heartbeat, int maxMembers) {
            presence = new Presence(port, new PresenceConfig() {
                @Override
                public Duration heartbeat() {
                    return heartbeat;
                }

                @Override
                public int maxMembers() {
                    return maxMembers;
                }
            }, loops.vertx);
            presence.start(null);
            replicas.add(this);
        }

        Watching watch(Topic topic) {
            Watching watching = new Watching(topic, loops.next(), new View());
            this.watching.add(watching);
            Loops.on(watching.loop, () -> presence.watch(topic, watching.loop, watching.view));
            return watching;
        }

        void unwatch(Watching which) {
            watching.remove(which);
            Loops.on(which.loop, () -> presence.unwatch(which.topic, which.loop, which.view));
        }

        Object track(Topic topic, Object member, String key, int n) {
            assertTrue(presence.track(topic, member, key, "{ \"n\": " + n + " }"));
            return member;
        }

        /** Without a word, as a crash is. */
        void die() {
            port.cut();
            replicas.remove(this);
        }
    }

    private record Watching(Topic topic, EventLoop loop, View view) {
    }

    @AfterEach
    void stop() {
        replicas.forEach(replica -> replica.presence.stop(null));
        replicas.forEach(replica -> replica.port.close());
        loops.close();
    }

    @Test
    void aDifferenceIsEncodedOnceForAllWhoWatch() {
        Replica replica = new Replica(Duration.ofSeconds(5), 100);
        List<View> views = Stream.generate(() -> replica.watch(ROOM).view).limit(5).toList();
        replica.track(ROOM, new Object(), "ann", 1);
        Await.until(() -> views.stream().allMatch(view -> view.last() != null), PATIENCE, "all are told");
        byte[] first = views.get(0).last().encoded("one form", json -> new byte[] {1});
        views.forEach(view -> assertSame(first, view.last().encoded("one form", json -> new byte[] {2})));
    }

    @Test
    void aWatcherGetsTheStateAndThenWhatChanges() {
        Replica replica = replica();
        Object early = replica.track(ROOM, new Object(), "early", 1);
        View view = replica.watch(ROOM).view;
        assertEquals(Map.of("early", List.of("1")), view.picture());

        Object ann = replica.track(ROOM, new Object(), "ann", 1);
        awaitDiffs(view, 1);
        JsonNode joined = view.diffs().get(0);
        String ref = joined.at("/joins/ann/metas/0/phx_ref").asText();
        assertFalse(ref.isEmpty());
        assertEquals("{\"joins\":{\"ann\":{\"metas\":[{\"n\":1,\"phx_ref\":\"" + ref + "\"}]}},\"leaves\":{}}", joined.toString());

        replica.track(ROOM, ann, "ann", 2);
        awaitDiffs(view, 2);
        JsonNode changed = view.diffs().get(1);
        String next = changed.at("/joins/ann/metas/0/phx_ref").asText();
        assertNotEquals(ref, next);
        assertEquals("{\"joins\":{\"ann\":{\"metas\":[{\"n\":2,\"phx_ref\":\"" + next + "\",\"phx_ref_prev\":\"" + ref + "\"}]}},"
                + "\"leaves\":{\"ann\":{\"metas\":[{\"n\":1,\"phx_ref\":\"" + ref + "\"}]}}}", changed.toString());

        replica.track(ROOM, ann, "ann", 2);
        replica.presence.untrack(ROOM, new Object());
        replica.presence.untrack(ROOM, ann);
        awaitDiffs(view, 3);
        assertEquals("{\"joins\":{},\"leaves\":{\"ann\":{\"metas\":[{\"n\":2,\"phx_ref\":\"" + next + "\"}]}}}", view.diffs().get(2).toString());

        replica.presence.untrack(ROOM, early);
        awaitDiffs(view, 4);
        assertEquals(Map.of(), view.picture());
        assertEquals(List.of(), view.wrong());
    }

    @Test
    void severalUnderOneKeyAreListedTogether() {
        Replica replica = replica();
        View view = replica.watch(ROOM).view;
        Object phone = replica.track(ROOM, new Object(), "a \"b\"\n\uD83D\uDE00", 1);
        replica.track(ROOM, new Object(), "a \"b\"\n\uD83D\uDE00", 2);
        awaitPicture(view, Map.of("a \"b\"\n\uD83D\uDE00", List.of("1", "2")));
        replica.presence.untrack(ROOM, phone);
        awaitPicture(view, Map.of("a \"b\"\n\uD83D\uDE00", List.of("2")));
        assertEquals(List.of(), view.wrong());
    }

    @Test
    void aFieldOfAMembersOwnCannotPassForTheReference() {
        Replica replica = replica();
        View view = replica.watch(ROOM).view;
        replica.presence.track(ROOM, new Object(), "x", "{\"n\":1,\"phx_ref\":\"mine\"}");
        replica.presence.track(ROOM, new Object(), "x", "{\"n\":2,\"phx_ref\":\"mine\"}");
        awaitPicture(view, Map.of("x", List.of("1", "2")));
        assertEquals(List.of(), view.wrong());
    }

    @Test
    void aStormOfChangesIsToldInFewDifferences() {
        Replica replica = replica();
        View view = replica.watch(ROOM).view;
        List<Object> all = IntStream.range(0, 2_000).mapToObj(i -> replica.track(ROOM, new Object(), "key" + i % 10, i)).toList();
        Await.until(() -> view.picture().values().stream().mapToInt(List::size).sum() == all.size(), PATIENCE, "all are told of");
        assertTrue(view.diffs().size() < 200, () -> view.diffs().size() + " differences");
        all.forEach(member -> replica.presence.untrack(ROOM, member));
        awaitPicture(view, Map.of());
        assertEquals(List.of(), view.wrong());
    }

    @Test
    void aTopicTakesSoManyMembersAndAKeySoManyCharactersAndNoMore() {
        Replica replica = new Replica(Duration.ofMillis(100), 3);
        View view = replica.watch(ROOM).view;
        List<Object> three = IntStream.range(0, 3).mapToObj(i -> replica.track(ROOM, new Object(), "k", i)).toList();
        assertFalse(replica.presence.track(ROOM, new Object(), "k", "{\"n\":4}"));
        replica.track(ROOM, three.get(0), "k", 7);
        assertFalse(replica.presence.track(new Topic("other", false), new Object(), "k".repeat(Presence.MAX_KEY + 1), "{\"n\":4}"));
        awaitPicture(view, Map.of("k", List.of("1", "2", "7")));
    }

    @Test
    void aNewReplicaKnowsWhoIsThereAndTellsWhoComes() {
        Replica first = replica();
        first.track(ROOM, new Object(), "ann", 1);
        Replica second = replica();
        View there = second.watch(ROOM).view;
        second.port.connect();
        awaitPicture(there, Map.of("ann", List.of("1")));
        View here = first.watch(ROOM).view;
        Object bob = second.track(ROOM, new Object(), "bob", 2);
        awaitPicture(here, Map.of("ann", List.of("1"), "bob", List.of("2")));
        second.presence.untrack(ROOM, bob);
        awaitPicture(here, Map.of("ann", List.of("1")));
        assertEquals(List.of(), here.wrong());
        assertEquals(List.of(), there.wrong());
    }

    @Test
    void theMembersOfADeadReplicaLeaveWithinTheHeartbeatTime() {
        Replica first = replica();
        Replica second = replica();
        second.track(ROOM, new Object(), "bob", 2);
        View view = first.watch(ROOM).view;
        awaitPicture(view, Map.of("bob", List.of("2")));
        long died = System.nanoTime();
        second.die();
        awaitPicture(view, Map.of());
        long millis = Duration.ofNanos(System.nanoTime() - died).toMillis();
        assertTrue(millis > 200 && millis < 2_000, () -> millis + " ms at a heartbeat of 100");
        assertEquals(List.of(), view.wrong());
    }

    @Test
    void aReplicaThatStopsTakesItsMembersWithItAtOnce() {
        Replica first = new Replica(Duration.ofMinutes(1), 100);
        Replica second = new Replica(Duration.ofMinutes(1), 100);
        second.port.connect();
        second.track(ROOM, new Object(), "bob", 2);
        View view = first.watch(ROOM).view;
        awaitPicture(view, Map.of("bob", List.of("2")));
        second.presence.stop(null);
        replicas.remove(second);
        awaitPicture(view, Map.of());
    }

    @Test
    void rubbishOnTheBusHarmsNothing() {
        Replica first = replica();
        Replica second = replica();
        MemoryBus.Port stranger = bus.open();
        Random random = Seed.stream(seed, 1);
        List<String> stems = List.of("", "d", "d x", "d x 1 +", "d x 2 +1,o,r,k,m", "d x 3 -", "d x 4 b -zz +1", "h", "h x", "h x -", "a", "a x", "g", "q x 1", " ");
        for (int i = 0; i < 500; i++) {
            stranger.publish(PresenceTelling.KIND, stems.get(random.nextInt(stems.size())) + (random.nextBoolean() ? "" : (char) random.nextInt(300)));
        }
        View view = first.watch(ROOM).view;
        second.track(ROOM, new Object(), "bob", 2);
        awaitPicture(view, Map.of("bob", List.of("2")));
        stranger.close();
    }

    @Test
    void ofALineWithAWordOfANewerVersionTheOthersAreTakenAndTheReplicaIsAskedForItsList() {
        View view = new Replica(Duration.ofSeconds(1), 100).watch(ROOM).view;
        MemoryBus.Port newer = bus.open();
        List<String> asked = new CopyOnWriteArrayList<>();
        newer.subscribe(PresenceTelling.KIND, line -> {
            if (line.startsWith("a ") && line.endsWith(" newer")) {
                asked.add(line);
            }
        });
        newer.publish(PresenceTelling.KIND, "d newer 1 b " + joined(1, "ann") + " e");
        awaitPicture(view, Map.of("ann", List.of("1")));
        Await.until(() -> asked.size() > 0, PATIENCE, "a new replica is asked for its list");
        asked.clear();

        newer.publish(PresenceTelling.KIND, "d newer 2 " + joined(2, "bob") + " ?what " + joined(3, "cid"));
        awaitPicture(view, Map.of("ann", List.of("1"), "bob", List.of("2"), "cid", List.of("3")));
        Await.until(() -> asked.size() > 0, PATIENCE, "it is asked for its list again");

        // who may be in what can't be read is not taken for gone
        newer.publish(PresenceTelling.KIND, "d newer 3 b " + joined(2, "bob") + " ?what e " + joined(4, "dan"));
        awaitPicture(view, Map.of("ann", List.of("1"), "bob", List.of("2"), "cid", List.of("3"), "dan", List.of("4")));
        newer.publish(PresenceTelling.KIND, "d newer 4 b " + joined(2, "bob") + " e");
        awaitPicture(view, Map.of("bob", List.of("2")));
        assertEquals(List.of(), view.wrong());
        newer.close();
    }

    private static String joined(int number, String key) {
        return new PresenceLine.Joined(number, ROOM, new Meta(key, "ref" + number, "{\"n\":" + number + "}")).write();
    }

    /** Whatever gets lost, whoever dies: in the end every watcher's picture, made of one state and differences that all fit, is the truth. */
    @Test
    void allPicturesAgreeWithTheTruthInTheEnd() {
        for (int round = 0; round < 5; round++) {
            converge(Seed.stream(seed, 10 + round));
        }
    }

    private void converge(Random random) {
        List<Topic> topics = List.of(ROOM, new Topic("room", true), new Topic("other", false));
        IntStream.range(0, 3).forEach(i -> replica());
        List<View> seen = new ArrayList<>();
        for (int step = 0; step < 1_500; step++) {
            Replica replica = replicas.get(random.nextInt(replicas.size()));
            Topic topic = topics.get(random.nextInt(topics.size()));
            Map<Object, String[]> tracked = replica.tracked.computeIfAbsent(topic, unused -> new IdentityHashMap<>());
            List<Object> members = new ArrayList<>(tracked.keySet());
            int dice = random.nextInt(100);
            if (dice < 35 || dice < 60 && members.isEmpty()) {
                Object member = new Object();
                String key = "k" + random.nextInt(8);
                replica.track(topic, member, key, step);
                tracked.put(member, new String[] {key, String.valueOf(step)});
            } else if (dice < 45) {
                Object member = members.get(random.nextInt(members.size()));
                String key = random.nextInt(4) == 0 ? "other" : tracked.get(member)[0];
                replica.track(topic, member, key, step);
                tracked.put(member, new String[] {key, String.valueOf(step)});
            } else if (dice < 75 && !members.isEmpty()) {
                Object member = members.get(random.nextInt(members.size()));
                replica.presence.untrack(topic, member);
                tracked.remove(member);
            } else if (dice < 85) {
                seen.add(replica.watch(topic).view);
            } else if (dice < 92 && !replica.watching.isEmpty()) {
                replica.unwatch(replica.watching.get(random.nextInt(replica.watching.size())));
            } else if (dice < 95) {
                bus.lose(random.nextInt(3) * 0.3);
            } else if (dice == 99 && random.nextInt(5) == 0) {
                replica.die();
                replica();
            } else {
                Await.pause(Duration.ofMillis(random.nextInt(10)));
            }
        }
        bus.lose(0);
        for (Replica replica : replicas) {
            topics.forEach(topic -> seen.add(replica.watch(topic).view));
        }
        for (Replica replica : replicas) {
            for (Watching watching : replica.watching) {
                awaitPicture(watching.view, truth(watching.topic));
            }
        }
        seen.forEach(view -> assertEquals(List.of(), view.wrong()));
        new ArrayList<>(replicas).forEach(replica -> {
            replica.presence.stop(null);
            replica.port.close();
            replicas.remove(replica);
        });
    }

    private Map<String, List<String>> truth(Topic topic) {
        Map<String, List<String>> truth = new TreeMap<>();
        for (Replica replica : replicas) {
            replica.tracked.getOrDefault(topic, Map.of()).values()
                    .forEach(said -> truth.computeIfAbsent(said[0], unused -> new ArrayList<>()).add(said[1]));
        }
        truth.values().forEach(list -> list.sort(null));
        return truth;
    }

    private Replica replica() {
        return new Replica(Duration.ofMillis(100), 10_000);
    }

    private static void awaitDiffs(View view, int number) {
        Await.until(() -> view.diffs().size() >= number, PATIENCE, () -> number + " differences, not " + view.diffs());
    }

    private static void awaitPicture(View view, Map<String, List<String>> picture) {
        Await.until(() -> view.picture().equals(picture), PATIENCE, () -> "the picture " + picture + ", not " + view.picture() + ", wrong: " + view.wrong());
    }
}
