package dev.parley.testing;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The reader of the tests: it must understand what the real client does, and refuse what that would not. Frames are those of the reference. */
class RealtimeVersionTest {

    private static final RealtimeFrame TYPING = new RealtimeFrame(null, null, "realtime:chat:42", "broadcast",
            Json.read("{\"type\":\"broadcast\",\"event\":\"typing\",\"payload\":{\"user\":\"u1\"}}"));

    @Test
    void aPushedBroadcastIsWrittenAsTheRealClientDoes() {
        byte[] frame = RealtimeVersion.push("6", "7", "realtime:chat:42", "typing", "", true, "{\"user\":\"u1\"}".getBytes(StandardCharsets.UTF_8));
        assertArrayEquals(HexFormat.of().parseHex("0301011006000136377265616c74696d653a636861743a3432747970696e677b2275736572223a227531227d"), frame);
    }

    @Test
    void aBinaryBroadcastIsRead() {
        assertEquals(TYPING, RealtimeVersion.V2.read(
                HexFormat.of().parseHex("04100600017265616c74696d653a636861743a3432747970696e677b2275736572223a227531227d")));
    }

    @Test
    void aStoredBroadcastCarriesItsMeta() {
        byte[] head = {4, 10, 1, 27, 1};
        byte[] rest = "realtime:xe{\"id\":\"m1\",\"replayed\":true}{\"a\":1}".getBytes(StandardCharsets.UTF_8);
        byte[] frame = new byte[head.length + rest.length];
        System.arraycopy(head, 0, frame, 0, head.length);
        System.arraycopy(rest, 0, frame, head.length, rest.length);
        assertEquals("{\"type\":\"broadcast\",\"event\":\"e\",\"payload\":{\"a\":1},\"meta\":{\"id\":\"m1\",\"replayed\":true}}",
                RealtimeVersion.V2.read(frame).payload().toString());
    }

    @Test
    void bothTextFormsMeanTheSame() {
        assertEquals(TYPING, RealtimeVersion.V2.read(
                "[null,null,\"realtime:chat:42\",\"broadcast\",{\"type\":\"broadcast\",\"event\":\"typing\",\"payload\":{\"user\":\"u1\"}}]"));
        assertEquals(TYPING, RealtimeVersion.V1.read("{\"topic\":\"realtime:chat:42\",\"event\":\"broadcast\","
                + "\"payload\":{\"type\":\"broadcast\",\"event\":\"typing\",\"payload\":{\"user\":\"u1\"}},\"ref\":null}"));
        assertEquals("[\"6\",\"7\",\"t\",\"e\",{}]", RealtimeVersion.V2.write(new RealtimeFrame("6", "7", "t", "e", Json.read("{}"))));
        assertEquals(Json.read("{\"topic\":\"t\",\"event\":\"e\",\"payload\":{},\"ref\":\"7\",\"join_ref\":\"6\"}"),
                Json.read(RealtimeVersion.V1.write(new RealtimeFrame("6", "7", "t", "e", Json.read("{}")))));
    }

    @ParameterizedTest
    @ValueSource(strings = {"00", "01", "02", "03", "05", "0405000001", "0401000001ff7b7d"})
    void whatNoClientReadsIsRefused(String hex) {
        assertThrows(AssertionError.class, () -> RealtimeVersion.V2.read(HexFormat.of().parseHex(hex)));
        assertThrows(AssertionError.class, () -> RealtimeVersion.V1.read(HexFormat.of().parseHex(hex)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", "[1]", "[null,null,null,\"e\",{}]", "[null,null,\"t\",\"e\",null]", "[null,null,\"t\",\"e\",{},1]", "nonsense"})
    void textThatIsNoMessageIsRefused(String text) {
        assertThrows(AssertionError.class, () -> RealtimeVersion.V2.read(text));
        assertThrows(AssertionError.class, () -> RealtimeVersion.V1.read(text));
    }

    @Test
    void version1HasAJoinRefWhereAClientResumesAndNowhereElse() {
        assertEquals("6", RealtimeVersion.V1.read("{\"topic\":\"t\",\"event\":\"system\",\"payload\":{},\"ref\":null,\"join_ref\":\"6\"}").joinRef());
        assertThrows(AssertionError.class, () -> RealtimeVersion.V1.read("{\"topic\":\"t\",\"event\":\"system\",\"payload\":{},\"ref\":null,\"join_ref\":null}"));
        assertThrows(AssertionError.class, () -> RealtimeVersion.V1.read("{\"topic\":\"t\",\"event\":\"e\",\"payload\":{},\"ref\":null,\"join_ref\":null}"));
    }
}
