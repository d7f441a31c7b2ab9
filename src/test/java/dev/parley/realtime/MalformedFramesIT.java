package dev.parley.realtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.parley.testing.Await;
import dev.parley.testing.ChangeBinding;
import dev.parley.testing.Instance;
import dev.parley.testing.Json;
import dev.parley.testing.Logs;
import dev.parley.testing.RawWebSocket;
import dev.parley.testing.RealtimeChannel;
import dev.parley.testing.RealtimeClient;
import dev.parley.testing.RealtimeFrame;
import dev.parley.testing.RealtimeVersion;
import dev.parley.testing.Seed;
import dev.parley.testing.TestPostgres;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Whatever a client sends, in frames or below them: others go on receiving, the log holds neither error nor stack trace, and as long as the WebSocket
 * itself is sound, so does the other channel of the very same socket.
 */
class MalformedFramesIT {

    private static final int LONGEST_FRAME = 5_000_000;
    private static final int MUTANTS = 4_000;
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final JsonNode HELLO = Json.read("{\"hello\":1}");

    /** Values of every JSON type, and some that are hard on who reads them. */
    private static final List<String> VALUES = List.of("null", "true", "false", "0", "-1", "17", "1.5", "1e400", "-1e-400", "9223372036854775808",
            "1" + "0".repeat(2_000), "\"\"", "\"x\"", "\"TRUE\"", "\"\\u0000\"", "\"\\ud800\"", "\"" + "x".repeat(70_000) + "\"", "[]", "[null]", "[[]]",
            "[1,\"a\",{}]", "{}", "{\"a\":null}", "{\"\":{}}", "{\"a\":1,\"a\":2}", "[".repeat(900) + "]".repeat(900));

    private static final String PLACE = "the place of the value";

    private static TestPostgres database;
    private static Instance instance;
    private static Bystander bystander;
    private static Bystander olderBystander;

    /** Who misbehaves, and an innocent channel on the same socket. */
    private RealtimeClient client;
    private RealtimeChannel neighbour;

    @BeforeAll
    static void start() throws IOException {
        database = TestPostgres.startMigrated();
        instance = Instance.over(database).setting("parley.realtime.error-delay", "0s").setting("parley.realtime.refusal-delay", "0s")
                .setting("parley.realtime.max-joins-per-second", "1000000").setting("parley.realtime.max-events-per-second", "1000000").start();
        bystander = Bystander.join(database, instance, RealtimeVersion.V2);
        olderBystander = Bystander.join(database, instance, RealtimeVersion.V1);
    }

    @AfterAll
    static void stop() {
        bystander.close();
        olderBystander.close();
        instance.close();
        database.close();
    }

    @BeforeEach
    void connect() throws IOException {
        client = RealtimeClient.of(RealtimeVersion.V2).connect(instance);
        neighbour = client.channel("neighbour").on(ChangeBinding.of("*", "public", "messages"));
        neighbour.config().withObject("/broadcast").put("self", true);
        neighbour.join().awaitJoined();
    }

    @AfterEach
    void othersGoOnAndNothingIsLogged() throws IOException {
        client.close();
        bystander.assertUndisturbed();
        olderBystander.assertUndisturbed();
        Logs.assertClean(instance);
    }

    @Test
    void aBinaryFrameCutAtAnyLengthIsDropped() throws IOException {
        for (byte[] whole : List.of(push("{\"a\":1}"), phoenixPush())) {
            for (int length = 0; length < whole.length; length++) {
                binary(Arrays.copyOf(whole, length));
            }
        }
        assertSocketGoesOn();
    }

    @Test
    void sizesBeyondTheFrameAreDropped() throws IOException {
        for (byte[] whole : List.of(push("{}"), phoenixPush())) {
            for (int at = 1; at <= 6; at++) {
                for (int size : new int[] {0, 1, 17, 64, 127, 128, 255}) {
                    byte[] frame = whole.clone();
                    frame[at] = (byte) size;
                    binary(frame);
                }
            }
        }
        byte[] all = new byte[7];
        Arrays.fill(all, (byte) 255);
        all[0] = 3;
        binary(all);
        assertSocketGoesOn();
    }

    @Test
    void anyFirstByteOfABinaryFrameIsSurvived() throws IOException {
        byte[] body = push("{\"a\":1}");
        for (int kind = 0; kind < 256; kind++) {
            byte[] frame = body.clone();
            frame[0] = (byte) kind;
            binary(frame);
            binary(new byte[] {(byte) kind});
        }
        assertSocketGoesOn();
    }

    @Test
    void badUtf8InEachStringOfABinaryFrameIsSurvived() throws IOException {
        byte[] frame = RealtimeVersion.push(neighbour.joinRef(), "7", neighbour.topic(), "typing", "{\"persist\":true}", true,
                "{\"a\":\"bcd\"}".getBytes(StandardCharsets.UTF_8));
        for (byte[] bad : new byte[][] {{(byte) 0xff}, {(byte) 0xc3}, {(byte) 0xed, (byte) 0xa0, (byte) 0x80}, {0}, {(byte) 0xf4, (byte) 0x90, (byte) 0x80, (byte) 0x80}}) {
            for (int at = 7; at + bad.length <= frame.length; at++) {
                byte[] broken = frame.clone();
                System.arraycopy(bad, 0, broken, at, bad.length);
                binary(broken);
            }
        }
        assertSocketGoesOn();
    }

    /** What others get of it they can read: a payload that says it is JSON and is not goes to nobody. */
    @ParameterizedTest
    @ValueSource(strings = {"", "{", "{\"a\":1}}", "nonsense", "{\"a\":\"\u0000\"}", "[1,]", "\"open", "NaN", "{\"a\":\\u0031}"})
    void aBroadcastWhosePayloadIsNoJsonReachesNobody(String payload) throws IOException {
        RealtimeChannel attacker = client.channel(bystander.name()).join().awaitJoined();
        client.socket().write(RawWebSocket.BINARY, RealtimeVersion.push(attacker.joinRef(), client.nextRef(), attacker.topic(), "poison", "", true,
                payload.getBytes(StandardCharsets.UTF_8)));
        assertSocketGoesOn();
    }

    @Test
    void payloadsThatAreJsonButNoObjectAreSurvived() throws IOException {
        RealtimeChannel attacker = client.channel(bystander.name()).join().awaitJoined();
        for (String value : VALUES) {
            client.socket().write(RawWebSocket.BINARY, RealtimeVersion.push(attacker.joinRef(), client.nextRef(), attacker.topic(), "odd", "", true,
                    value.getBytes(StandardCharsets.UTF_8)));
            client.socket().write(RawWebSocket.BINARY, RealtimeVersion.push(attacker.joinRef(), client.nextRef(), attacker.topic(), "odd",
                    value.length() < 200 ? value : "", true, "{}".getBytes(StandardCharsets.UTF_8)));
        }
        assertSocketGoesOn();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "hello", "{", "[", "]", "[]", "[1]", "null", "17", "\"text\"", "true", "[null,null,null,null,null]", "[1,2,3,4,5]",
        "[\"1\",\"1\",\"realtime:a\",\"phx_join\"]", "[\"1\",\"1\",\"realtime:a\",\"phx_join\",null]", "[\"1\",\"1\",\"realtime:a\",\"phx_join\",{}] trailing",
        "[\"1\",\"1\",\"realtime:a\",\"phx_join\",{}", "{\"topic\":\"realtime:a\"}", "\u0000", "\uFEFF[null,\"1\",\"phoenix\",\"heartbeat\",{}]",
        "[null,\"1\",\"phoenix\",\"heartbeat\",{},{},{},17]", "[null,\"1\",\"phoenix\",\"dance\",{}]", "[null,null,\"phoenix\",\"heartbeat\",{}]"})
    void textThatIsNoMessageIsDropped(String text) throws IOException {
        text(text);
        assertSocketGoesOn();
        try (RealtimeClient older = RealtimeClient.of(RealtimeVersion.V1).connect(instance)) {
            older.socket().write(text);
            older.awaitHeartbeat();
            assertEquals(List.of(), older.violations());
        }
    }

    @Test
    void theOtherVersionsFramesAreDropped() throws IOException {
        text("{\"topic\":\"realtime:a\",\"event\":\"phx_join\",\"payload\":{\"config\":{}},\"ref\":\"1\",\"join_ref\":\"1\"}");
        assertSocketGoesOn();
        try (RealtimeClient older = RealtimeClient.of(RealtimeVersion.V1).connect(instance)) {
            older.socket().write("[\"1\",\"1\",\"realtime:a\",\"phx_join\",{\"config\":{}}]");
            older.socket().write(RawWebSocket.BINARY, push("{}"));
            older.awaitHeartbeat();
            assertEquals(List.of(), older.closes());
        }
    }

    /** Every value in the place of every member of every kind of frame: nothing crashes, and whoever pushed to no avail can go on. */
    @ParameterizedTest
    @EnumSource
    void anyValueInAnyPlaceIsSurvived(RealtimeVersion version) throws IOException {
        try (RealtimeClient odd = RealtimeClient.of(version).connect(instance)) {
            for (RealtimeFrame frame : templates()) {
                String whole = version.write(frame);
                for (String pointer : pointers(Json.read(whole), "")) {
                    for (String value : VALUES) {
                        odd.socket().write(replaced(whole, pointer, value));
                    }
                    odd.awaitHeartbeat();
                }
            }
            assertEquals(List.of(), odd.closes());
            assertEquals(List.of(), odd.violations());
        }
        assertSocketGoesOn();
    }

    @Test
    void oddNamesAreSurvived() throws IOException {
        for (String name : List.of("", " ", "realtime", "realtime:", "realtime:" + "x".repeat(10_000), "realtime:\u0000", "realtime:\n\r\t", "realtime:\ud83d\udc22",
                "realtime:a:b:c", "realtime:*", "realtime:%", "phoenix", "other:x", "realtime:'; drop table messages; --", "realtime:\u202e")) {
            for (String event : List.of("phx_join", "phx_leave", "broadcast", "presence", "access_token", "heartbeat", "phx_reply", "phx_close", "", "x".repeat(10_000))) {
                client.send(new RealtimeFrame("900", client.nextRef(), name, event, Json.read("{\"config\":{}}")));
            }
        }
        assertSocketGoesOn();
    }

    @Test
    void unknownEventsOfAJoinedChannelAreIgnored() throws IOException {
        for (String event : List.of("dance", "PHX_JOIN", "phx_error", "phx_close", "phx_reply", "system", "postgres_changes", "presence_state", "")) {
            neighbour.push(event, HELLO);
        }
        assertSocketGoesOn();
    }

    @Test
    void deepNestingIsSurvived() throws IOException {
        for (int depth : new int[] {1_001, 10_000, 100_000, 2_000_000}) {
            String deep = "[".repeat(depth) + "]".repeat(depth);
            text(deep);
            text("[\"1\",\"1\",\"realtime:deep\",\"phx_join\",{\"config\":" + deep + "}]");
            text("[\"1\",\"1\",\"realtime:deep\",\"broadcast\",{\"type\":\"broadcast\",\"event\":\"e\",\"payload\":" + deep + "}]");
            text("{\"a\":".repeat(depth / 3));
            binary(push(deep));
        }
        assertSocketGoesOn();
    }

    @Test
    void aFrameAsLargeAsAllowedLeavesTheSocketOpen() throws IOException {
        String frame = "[null,null,\"realtime:large\",\"broadcast\",{\"padding\":\"\"}]";
        text(frame.replace("\"\"", "\"" + "x".repeat(LONGEST_FRAME - frame.length()) + "\""));
        binary(Arrays.copyOf(push("{}"), LONGEST_FRAME));
        assertSocketGoesOn();
    }

    @ParameterizedTest
    @ValueSource(ints = {RawWebSocket.TEXT, RawWebSocket.BINARY})
    void aLargerFrameEndsThatSocketAlone(int opcode) {
        byte[] frame = new byte[LONGEST_FRAME + 1];
        Arrays.fill(frame, (byte) ' ');
        attack(client, socket -> socket.write(opcode, frame));
        awaitClosed();
    }

    @Test
    void fragmentsThatAddUpToMoreEndThatSocketAlone() {
        byte[] part = new byte[100_000];
        Arrays.fill(part, (byte) ' ');
        attack(client, socket -> {
            socket.write(false, RawWebSocket.TEXT, part);
            for (int i = 0; i < LONGEST_FRAME / part.length; i++) {
                socket.write(false, RawWebSocket.CONTINUATION, part);
            }
        });
        awaitClosed();
    }

    @Test
    void fragmentedMessagesAreReadAsOne() throws IOException {
        byte[] text = RealtimeVersion.V2.write(new RealtimeFrame(neighbour.joinRef(), client.nextRef(), neighbour.topic(), "broadcast",
                Json.read("{\"type\":\"broadcast\",\"event\":\"pieces\",\"payload\":{\"turtle\":\"\ud83d\udc22\"}}"))).getBytes(StandardCharsets.UTF_8);
        fragments(RawWebSocket.TEXT, text, 1);
        neighbour.awaitBroadcast("pieces", Json.read("{\"turtle\":\"\ud83d\udc22\"}"));
        fragments(RawWebSocket.BINARY, push("{\"n\":1}"), 3);
        neighbour.awaitBroadcast("typing", Json.read("{\"n\":1}"));
        assertSocketGoesOn();
    }

    @Test
    void whatBreaksTheWebSocketItselfEndsThatSocketAlone() throws IOException {
        List<Attack> attacks = List.of(
                socket -> socket.write(RawWebSocket.CONTINUATION, new byte[] {1}),
                socket -> {
                    socket.write(false, RawWebSocket.TEXT, new byte[] {'['});
                    socket.write(RawWebSocket.TEXT, new byte[] {']'});
                },
                socket -> socket.write(false, RawWebSocket.PING, new byte[0]),
                socket -> socket.write(RawWebSocket.PING, new byte[126]),
                socket -> socket.write(3, new byte[0]),
                socket -> socket.write(11, new byte[0]),
                socket -> socket.write(RawWebSocket.CLOSE, new byte[] {1}),
                socket -> socket.write(RawWebSocket.CLOSE, new byte[] {0, 0}),
                socket -> socket.write(RawWebSocket.CLOSE, new byte[] {3, (byte) 0xe8, (byte) 0xff}),
                socket -> socket.writeRaw(new byte[] {(byte) 0x81, 2, '[', ']'}), // without a mask
                socket -> socket.writeRaw(new byte[] {(byte) 0xf1, (byte) 0x80, 0, 0, 0, 0}), // reserved bits
                socket -> socket.writeRaw(new byte[] {(byte) 0x82, (byte) 0xff, (byte) 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}), // a negative length
                socket -> socket.writeRaw(new byte[] {(byte) 0x82, (byte) 0xff, 0x7f, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}),
                socket -> socket.writeRaw("GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1)));
        for (Attack attack : attacks) {
            try (RealtimeClient attacker = RealtimeClient.of(RealtimeVersion.V2).connect(instance)) {
                attack(attacker, attack);
                attacker.answersHeartbeat(); // or has an end: what it does not do is hang
            }
        }
        assertSocketGoesOn();
    }

    /** RFC 6455 has such a socket closed; a server that only drops the frame harms nobody either. */
    @Test
    void badUtf8InATextFrameIsSurvived() throws IOException {
        byte[] frame = "[null,\"1\",\"phoenix\",\"heartbeat\",{\"a\":\"?\"}]".getBytes(StandardCharsets.UTF_8);
        frame[frame.length - 4] = (byte) 0xff;
        for (int i = 0; i < 20; i++) {
            try (RealtimeClient attacker = RealtimeClient.of(RealtimeVersion.V2).connect(instance)) {
                attack(attacker, socket -> socket.write(RawWebSocket.TEXT, frame));
                attacker.answersHeartbeat();
            }
        }
        assertSocketGoesOn();
    }

    @Test
    void halfAFrameAndNothingMoreHoldsNobodyUp() throws IOException {
        List<RawWebSocket> halves = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            RawWebSocket socket = RawWebSocket.open(instance.port(), RealtimeClient.path(RealtimeVersion.V2, Instance.PUBLISHABLE_KEY));
            socket.writeRaw(new byte[] {(byte) 0x82, (byte) 0xfe, 0x10, 0, 0, 0, 0, 0, 3, 4, 5});
            halves.add(socket);
        }
        assertSocketGoesOn();
        halves.forEach(RawWebSocket::close);
    }

    @Test
    void thousandsOfJoinsOnOneSocketAreSurvived() throws IOException {
        for (int i = 0; i < 3_000; i++) {
            client.send(new RealtimeFrame("j" + i, "j" + i, "realtime:many " + i, "phx_join",
                    Json.read("{\"config\":{\"postgres_changes\":[{\"event\":\"*\",\"schema\":\"public\",\"table\":\"messages\"}]}}")));
        }
        assertSocketGoesOn();
        ObjectNode config = (ObjectNode) Json.read("{\"config\":{}}");
        ArrayNode entries = config.withObject("/config").putArray("postgres_changes");
        for (int i = 0; i < 10_000; i++) {
            entries.addObject().put("event", "INSERT").put("schema", "public").put("table", "messages").put("filter", "conversation_id=eq." + i);
        }
        client.send(new RealtimeFrame("e", "e", "realtime:many entries", "phx_join", config));
        assertSocketGoesOn();
    }

    @ParameterizedTest
    @EnumSource
    void randomlyMutatedFramesAreSurvived(RealtimeVersion version) throws IOException {
        Random random = Seed.stream(Seed.of(MalformedFramesIT.class), version.ordinal());
        RealtimeClient fuzzer = RealtimeClient.of(version).connect(instance);
        List<byte[]> valid = new ArrayList<>();
        templates().forEach(frame -> valid.add(version.write(frame).getBytes(StandardCharsets.UTF_8)));
        valid.add(push("{\"a\":1}"));
        valid.add(phoenixPush());
        int closed = 0;
        for (int i = 1; i <= MUTANTS; i++) {
            byte[] mutant = mutated(valid.get(random.nextInt(valid.size())), random);
            boolean binary = mutant.length > 0 && mutant[0] < ' ' || random.nextInt(20) == 0;
            try {
                fuzzer.socket().write(binary ? RawWebSocket.BINARY : RawWebSocket.TEXT, mutant);
            } catch (IOException e) {
                continue; // closed because of an earlier one: the next heartbeat finds that out
            }
            if (i % 50 == 0 && !fuzzer.answersHeartbeat()) {
                closed++;
                fuzzer.close();
                assertEquals(List.of(), fuzzer.violations());
                fuzzer = RealtimeClient.of(version).connect(instance);
            }
        }
        assertEquals(List.of(), fuzzer.violations());
        fuzzer.close();
        System.out.println("MalformedFramesIT: " + closed + " of " + MUTANTS + " mutants ended their socket");
        assertSocketGoesOn();
    }

    private interface Attack {
        void on(RawWebSocket socket) throws IOException;
    }

    /** A server that has heard enough may close before all is sent. */
    private static void attack(RealtimeClient attacker, Attack attack) {
        try {
            attack.on(attacker.socket());
        } catch (IOException closedMeanwhile) {
            return;
        }
    }

    private void awaitClosed() {
        Await.until(() -> !client.isConnected(), PATIENCE, "that socket closed");
    }

    /** The very socket still answers, and its other channel still hears. */
    private void assertSocketGoesOn() throws IOException {
        client.awaitHeartbeat();
        assertEquals(List.of(), client.violations());
        assertTrue(client.isConnected());
        JsonNode payload = Json.read("{\"ref\":" + client.nextRef() + "}");
        neighbour.broadcast("still there", payload);
        neighbour.awaitBroadcast("still there", payload);
    }

    private void text(String text) throws IOException {
        client.socket().write(text);
    }

    private void binary(byte[] frame) throws IOException {
        client.socket().write(RawWebSocket.BINARY, frame);
    }

    private void fragments(int opcode, byte[] message, int size) throws IOException {
        for (int at = 0; at < message.length; at += size) {
            boolean last = at + size >= message.length;
            client.socket().write(last, at == 0 ? opcode : RawWebSocket.CONTINUATION, Arrays.copyOfRange(message, at, Math.min(message.length, at + size)));
            client.socket().write(RawWebSocket.PING, new byte[] {1});
        }
    }

    /** Kind 3, to the neighbour. */
    private byte[] push(String payload) {
        return RealtimeVersion.push(neighbour.joinRef(), "7", neighbour.topic(), "typing", "", true, payload.getBytes(StandardCharsets.UTF_8));
    }

    /** Kind 0: Phoenix's own push, which a server may or may not read. */
    private byte[] phoenixPush() {
        byte[] rest = ("67" + neighbour.topic() + "broadcast" + "{}").getBytes(StandardCharsets.UTF_8);
        byte[] frame = new byte[5 + rest.length];
        frame[1] = 1;
        frame[2] = 1;
        frame[3] = (byte) neighbour.topic().length();
        frame[4] = (byte) "broadcast".length();
        System.arraycopy(rest, 0, frame, 5, rest.length);
        return frame;
    }

    /** One valid frame of each kind that a client sends, with every member there is. */
    private static List<RealtimeFrame> templates() {
        String topic = "realtime:odd";
        return List.of(
                new RealtimeFrame("1", "1", topic, "phx_join", Json.read("""
                        {"config":{"broadcast":{"ack":true,"self":true,"replay":{"since":1700000000000,"limit":10},"replication_ready":true},
                         "presence":{"key":"me","enabled":true},
                         "postgres_changes":[{"event":"INSERT","schema":"public","table":"messages","filter":"sender_id=eq.me","select":["id"],"after":1},
                          {"event":"*","schema":"public","table":"messages","after":"AAAA"}],
                         "private":false,"postgres_changes_options":{"wait":true,"timeout":15000}},
                         "access_token":"sb_publishable_parley","user_token":"x","version":"realtime-js/2.119.1"}""")),
                new RealtimeFrame("1", "2", topic, "broadcast", Json.read("{\"type\":\"broadcast\",\"event\":\"e\",\"payload\":{\"a\":1},\"meta\":{\"id\":\"1\"}}")),
                new RealtimeFrame("1", "3", topic, "presence", Json.read("{\"type\":\"presence\",\"event\":\"track\",\"payload\":{\"name\":\"Ann\"}}")),
                new RealtimeFrame("1", "4", topic, "presence", Json.read("{\"type\":\"presence\",\"event\":\"untrack\"}")),
                new RealtimeFrame("1", "5", topic, "access_token", Json.read("{\"access_token\":\"a.b.c\"}")),
                new RealtimeFrame("1", "6", topic, "phx_leave", Json.read("{}")),
                new RealtimeFrame(null, "7", "phoenix", "heartbeat", Json.read("{}")));
    }

    /** The place of every member and element, the deepest ones too. */
    private static List<String> pointers(JsonNode node, String here) {
        List<String> all = new ArrayList<>();
        if (node.isObject()) {
            node.fieldNames().forEachRemaining(name -> {
                all.add(here + "/" + name);
                all.addAll(pointers(node.get(name), here + "/" + name));
            });
        } else if (node.isArray()) {
            for (int i = 0; i < node.size(); i++) {
                all.add(here + "/" + i);
                all.addAll(pointers(node.get(i), here + "/" + i));
            }
        }
        return all;
    }

    /** By text, since some of the values are such that no library would write them. */
    private static String replaced(String json, String pointer, String value) {
        JsonNode whole = Json.read(json);
        int slash = pointer.lastIndexOf('/');
        JsonNode parent = whole.at(pointer.substring(0, slash));
        String name = pointer.substring(slash + 1);
        if (parent instanceof ObjectNode object) {
            object.put(name, PLACE);
        } else {
            ((ArrayNode) parent).set(Integer.parseInt(name), PLACE);
        }
        return whole.toString().replace("\"" + PLACE + "\"", value);
    }

    private static byte[] mutated(byte[] valid, Random random) {
        byte[] mutant = valid.clone();
        for (int changes = 1 + random.nextInt(4); changes > 0 && mutant.length > 0; changes--) {
            int at = random.nextInt(mutant.length);
            switch (random.nextInt(5)) {
                case 0 -> mutant[at] = (byte) random.nextInt(256);
                case 1 -> mutant[at] = (byte) "[]{},:\"\\0e-".charAt(random.nextInt(11));
                case 2 -> mutant = Arrays.copyOf(mutant, at);
                case 3 -> mutant = joined(Arrays.copyOf(mutant, at), Arrays.copyOfRange(mutant, random.nextInt(at + 1), mutant.length));
                default -> mutant = joined(Arrays.copyOf(mutant, at), Arrays.copyOfRange(mutant, Math.min(mutant.length, at + 1 + random.nextInt(4)), mutant.length));
            }
        }
        return mutant;
    }

    private static byte[] joined(byte[] head, byte[] tail) {
        byte[] whole = Arrays.copyOf(head, head.length + tail.length);
        System.arraycopy(tail, 0, whole, head.length, tail.length);
        return whole;
    }
}
