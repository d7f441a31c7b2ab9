package dev.parley.realtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import com.fasterxml.jackson.databind.JsonNode;
import dev.parley.testing.Instance;
import dev.parley.testing.Json;
import dev.parley.testing.RawWebSocket;
import dev.parley.testing.RealtimeChannel;
import dev.parley.testing.RealtimeClient;
import dev.parley.testing.RealtimeFrame;
import dev.parley.testing.RealtimeVersion;
import dev.parley.testing.TestPostgres;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Clients that send before their join is answered: Supabase's for Python and Swift do so when what they call is called in a row. */
@Timeout(value = 15, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class EarlyPushesIT {

    private static TestPostgres database;
    private static Instance instance;

    @BeforeAll
    static void start() {
        database = TestPostgres.startMigrated();
        instance = Instance.over(database).setting("parley.realtime.private.without-roles", "allow").setting("parley.realtime.error-delay", "0s").start();
    }

    @AfterAll
    static void stop() {
        instance.close();
        database.close();
    }

    private static Stream<Arguments> topics() {
        return Stream.of(RealtimeVersion.values()).flatMap(version -> Stream.of(true, false).map(secret -> Arguments.of(version, secret)));
    }

    @ParameterizedTest
    @MethodSource("topics")
    void whatIsSentBehindAJoinIsDoneInOrderOnceThatIsAnswered(RealtimeVersion version, boolean secret) throws IOException {
        String name = UUID.randomUUID().toString();
        try (RealtimeClient client = RealtimeClient.of(version).connect(instance); RawWebSocket socket = open(version)) {
            RealtimeChannel others = others(client, name, secret);
            socket.writeTogether(List.of(join(version, name, secret, ""), broadcast(version, name, "2", "early"), track(version, name, "3")));
            assertEquals(List.of("1 ok", "2 ok", "3 ok"), answers(version, socket, 3));
            socket.write(broadcast(version, name, "4", "late"));
            assertEquals(List.of("4 ok"), answers(version, socket, 1));
            others.awaitBroadcast("early", Json.read("{\"a\":1}"));
            others.awaitFrame("who is there", frame -> frame.event().equals("presence_diff") && frame.payload().path("joins").has("me"));
            others.awaitBroadcast("late", Json.read("{\"a\":1}"));
        }
    }

    @ParameterizedTest
    @MethodSource("topics")
    void aLeaveBehindThemComesLast(RealtimeVersion version, boolean secret) throws IOException {
        String name = UUID.randomUUID().toString();
        try (RealtimeClient client = RealtimeClient.of(version).connect(instance); RawWebSocket socket = open(version)) {
            RealtimeChannel others = others(client, name, secret);
            socket.writeTogether(List.of(join(version, name, secret, ""), broadcast(version, name, "2", "early"), frame(version, name, "3", "phx_leave", "{}"),
                    broadcast(version, name, "4", "too late")));
            assertEquals(List.of("1 ok", "2 ok", "3 ok", "phx_close", "4 error"), answers(version, socket, 5));
            others.awaitBroadcast("early", Json.read("{\"a\":1}"));
        }
    }

    @ParameterizedTest
    @EnumSource
    void whatIsSentBehindARefusedJoinIsToldSo(RealtimeVersion version) throws IOException {
        String invalid = ",\"replay\":{\"since\":null}";
        try (RawWebSocket socket = open(version)) {
            socket.writeTogether(List.of(join(version, "refused", true, invalid), broadcast(version, "refused", "2", "early")));
            assertEquals(List.of("2 error", "1 error"), answers(version, socket, 2));
            socket.writeTogether(List.of(join(version, "refused", true, invalid), broadcast(version, "refused", "2", "early"), frame(version, "refused", "3", "phx_leave", "{}")));
            assertEquals(List.of("2 error", "3 ok", "phx_close"), answers(version, socket, 3));
        }
    }

    /** What it sent went with the join that it gave up. */
    @ParameterizedTest
    @EnumSource
    void whoJoinsAnewBeforeTheAnswerIsToldWhatWasNotDone(RealtimeVersion version) throws IOException {
        try (RawWebSocket socket = open(version)) {
            socket.writeTogether(List.of(join(version, "anew", true, ""), broadcast(version, "anew", "2", "early"), frame(version, "anew", "3", "phx_leave", "{}"),
                    join(version, "anew", true, ""), broadcast(version, "anew", "4", "late")));
            assertEquals(List.of("2 error", "3 ok", "phx_close", "1 ok", "4 ok"), answers(version, socket, 5));
        }
    }

    /** More than makes the server stop reading until the join is answered. */
    @ParameterizedTest
    @EnumSource
    void nothingIsLostOfMuchThatIsSentBehindAJoin(RealtimeVersion version) throws IOException {
        int many = 900;
        String name = UUID.randomUUID().toString();
        try (RawWebSocket socket = open(version)) {
            List<String> frames = new ArrayList<>(List.of(join(version, name, true, "")));
            List<String> expected = new ArrayList<>(List.of("1 ok"));
            for (int ref = 2; ref < many; ref++) {
                frames.add(broadcast(version, name, String.valueOf(ref), "e"));
                expected.add(ref + " ok");
            }
            socket.writeTogether(frames);
            assertEquals(expected, answers(version, socket, expected.size()));
        }
    }

    private static RawWebSocket open(RealtimeVersion version) throws IOException {
        return RawWebSocket.open(instance.port(), RealtimeClient.path(version, Instance.PUBLISHABLE_KEY));
    }

    private static RealtimeChannel others(RealtimeClient client, String name, boolean secret) throws IOException {
        RealtimeChannel channel = client.channel(name);
        channel.config().put("private", secret).withObject("/presence").put("enabled", true);
        return channel.join().awaitJoined();
    }

    private static String join(RealtimeVersion version, String name, boolean secret, String more) {
        return frame(version, name, "1", "phx_join", "{\"config\":{\"private\":%b,\"broadcast\":{\"ack\":true%s},\"presence\":{\"key\":\"me\",\"enabled\":false}}}".formatted(secret, more));
    }

    private static String broadcast(RealtimeVersion version, String name, String ref, String event) {
        return frame(version, name, ref, "broadcast", "{\"type\":\"broadcast\",\"event\":\"" + event + "\",\"payload\":{\"a\":1}}");
    }

    private static String track(RealtimeVersion version, String name, String ref) {
        return frame(version, name, ref, "presence", "{\"type\":\"presence\",\"event\":\"track\",\"payload\":{}}");
    }

    private static String frame(RealtimeVersion version, String name, String ref, String event, String payload) {
        return version.write(new RealtimeFrame("1", ref, "realtime:" + name, event, Json.read(payload)));
    }

    /** The next ones, and the channel's end where it stands among them. */
    private static List<String> answers(RealtimeVersion version, RawWebSocket socket, int number) {
        List<String> answers = new ArrayList<>();
        while (answers.size() < number) {
            RealtimeFrame frame = version.read(assertInstanceOf(RawWebSocket.Text.class, socket.read()).text());
            JsonNode status = frame.payload().path("status");
            if (frame.event().equals("phx_reply")) {
                answers.add(frame.ref() + " " + status.asText());
            } else if (frame.event().equals("phx_close")) {
                answers.add(frame.event());
            }
        }
        return answers;
    }
}
