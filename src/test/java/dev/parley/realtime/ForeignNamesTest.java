package dev.parley.realtime;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.parley.conversation.StrictJson;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What clients call the members of what they send is not kept: the parser's own way is to know names again, thousands of them and of any length. */
class ForeignNamesTest {

    private static final int DOCUMENTS = 40, NAMES = 100, LENGTH = 20_000;
    /** A third of what all the names take. */
    private static final long KEPT_LIMIT = (long) DOCUMENTS * NAMES * LENGTH / 3;

    @Test
    void framesLeaveNoNamesInMemory() {
        assertNothingIsKept("frame", document -> RawJson.isValid(document.getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void joinsLeaveNoNamesInMemory() {
        assertNothingIsKept("join", RawJson::tree);
    }

    @Test
    void requestsLeaveNoNamesInMemory() {
        assertNothingIsKept("request", document -> StrictJson.object(document.getBytes(StandardCharsets.UTF_8)));
    }

    private static void assertNothingIsKept(String kind, Consumer<String> reader) {
        String padding = kind + "x".repeat(LENGTH);
        long before = used();
        for (int i = 0; i < DOCUMENTS; i++) {
            int document = i;
            reader.accept(IntStream.range(0, NAMES).mapToObj(n -> "\"" + document + "-" + n + padding + "\":0").collect(Collectors.joining(",", "{", "}")));
        }
        long kept = used() - before;
        assertTrue(kept < KEPT_LIMIT, () -> (kept >> 20) + " MiB are kept");
    }

    private static long used() {
        System.gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }
}
