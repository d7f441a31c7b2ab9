package dev.parley.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.parley.testing.Await;
import dev.parley.testing.Conversations;
import dev.parley.testing.Dump;
import dev.parley.testing.Instance;
import dev.parley.testing.Json;
import dev.parley.testing.RealtimeFollower;
import dev.parley.testing.RealtimeFrame;
import dev.parley.testing.RealtimeVersion;
import dev.parley.testing.Sql;
import dev.parley.testing.StreamClient;
import dev.parley.testing.TestPostgres;
import dev.parley.testing.Truth;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Where a promise can't be kept because the database is another one, the client is told, and from then on everything comes again: on the plain streams and
 * on the Supabase protocol's channels.
 */
class ResyncIT {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private static TestPostgres database;
    private static Instance instance;

    private final List<RealtimeFollower> channels = new ArrayList<>();
    private UUID conversation;

    @BeforeAll
    static void start() {
        database = TestPostgres.startMigrated();
        // where it is stopped no request is on its way that it would have to wait for
        instance = Instance.over(database).setting("quarkus.shutdown.delay", "100ms").begin();
    }

    /** Once it delivers, the instance knows the history that the last test has left. */
    @BeforeEach
    void newConversation() throws IOException {
        if (!instance.isAlive()) {
            instance.begin();
        }
        instance.awaitReady();
        conversation = Conversations.insert(database, "settled");
        try (StreamClient stream = StreamClient.conversation(conversation).after(0).join(instance)) {
            insert(database, 1);
            awaitCount(stream, 1);
        }
        conversation = Conversations.insert(database, "resync");
    }

    @AfterEach
    void closeChannels() {
        channels.forEach(RealtimeFollower::close);
    }

    @AfterAll
    static void stop() {
        instance.close();
        database.close();
    }

    @Test
    void aPromotedStandbySaysResyncToOpenStreamsAndToOldPositions() throws IOException {
        try (TestPostgres standby = database.standby()) {
            instance.awaitReady();
            try (StreamClient global = StreamClient.global().join(instance);
                    StreamClient single = StreamClient.conversation(conversation).after(0).join(instance)) {
                joinChannels();
                insert(database, 5);
                awaitCount(global, 5);
                awaitCount(single, 5);
                awaitCounts(5);
                String old = global.position();
                Await.until(() -> count(standby) == 5, PATIENCE, "the standby has it all");
                standby.takeOver(database);
                assertBeginsAnew(standby, global, single);
                assertOldPositionSaysResync(old);
            }
        } finally {
            database.restart();
        }
    }

    @Test
    void aDatabaseImagePutBackInTimeSaysResyncToOpenStreamsAndToOldPositions() throws IOException {
        try (StreamClient global = StreamClient.global().join(instance);
                StreamClient single = StreamClient.conversation(conversation).after(0).join(instance)) {
            String old = afterBackupAndMore(global, single, database::putBack);
            assertBeginsAnew(database, global, single);
            assertOldPositionSaysResync(old);
        }
    }

    @Test
    void aDatabasePutBackThatHasGoneOnSinceSaysResync() throws IOException {
        try (StreamClient global = StreamClient.global().join(instance);
                StreamClient single = StreamClient.conversation(conversation).after(0).join(instance)) {
            // another history of the same length: the same ids, the same transaction ids
            String old = afterBackupAndMore(global, single, backup -> database.putBack(backup, () -> insert(database, 7)));
            assertBeginsAnew(database, global, single);
            assertOldPositionSaysResync(old);
        }
    }

    @Test
    void aPutBackIsNoticedByAnInstanceThatHasDeliveredNothing() throws IOException {
        insert(database, 5);
        Path backup = database.backup();
        insert(database, 7);
        instance.stop();
        instance.begin().awaitReady();
        try (StreamClient global = StreamClient.global().join(instance);
                StreamClient single = StreamClient.conversation(conversation).after(0).join(instance)) {
            joinChannels();
            String old = global.position();
            database.putBack(backup, () -> insert(database, 9));
            assertBeginsAnew(database, global, single);
            assertOldPositionSaysResync(old);
        }
    }

    @Test
    void aPointInTimeRecoverySaysResyncToOpenStreamsAndToOldPositions() throws IOException {
        try (StreamClient global = StreamClient.global().join(instance);
                StreamClient single = StreamClient.conversation(conversation).after(0).join(instance)) {
            String old = afterBackupAndMore(global, single, database::recoverFrom);
            assertBeginsAnew(database, global, single);
            assertOldPositionSaysResync(old);
        }
    }

    /** Its numbers begin again, and one of before would hide what comes now. */
    @ParameterizedTest
    @ValueSource(strings = {"truncate conversations cascade", "delete from conversations"})
    void whoReadsOnInAConversationThatWasMadeAgainMissesNothingWhenItFallsBehind(String end) throws IOException {
        List<Long> seqs = new CopyOnWriteArrayList<>();
        try (StreamClient stream = StreamClient.conversation(conversation).after(0).onMessage((message, at) -> seqs.add(message.path("seq").asLong())).join(instance)) {
            insert(database, 200);
            awaitCount(stream, 200);
            Sql.on(database).with(connection -> {
                connection.setAutoCommit(false);
                Sql.run(connection, end);
                Sql.run(connection, "insert into conversations (id, subject) values ('" + conversation + "', 'made again')");
                connection.commit();
                return null;
            });
            if (end.startsWith("truncate")) {
                stream.awaitResync();
            } else {
                stream.awaitFrame("it is made again", frame -> frame.path("event").asText().equals("INSERT"));
            }
            stream.awaitLive();
            seqs.clear();
            stream.fallBehind(instance, () -> insertLarge(10));
            Await.until(() -> {
                insertLarge(10);
                return count(database) > 200;
            }, PATIENCE, "more than there were before");
            stream.resume();
            long all = count(database);
            Await.until(() -> seqs.size() >= all, PATIENCE, () -> all + " messages; got " + seqs);
            assertEquals(LongStream.rangeClosed(1, all).boxed().toList(), seqs);
        }
    }

    /** Open streams are told, and so is who comes back with a position of before; what is there since then belongs to what they load afresh, and does not come. */
    @Test
    void aTableThatIsTruncatedWhileTheFeedIsAwaySaysResync() throws IOException {
        try (StreamClient global = StreamClient.global().join(instance);
                StreamClient single = StreamClient.conversation(conversation).after(0).join(instance)) {
            insert(database, 5);
            awaitCount(global, 5);
            awaitCount(single, 5);
            String old = global.position();
            database.elsewhere(() -> {
                insert(database, 2);
                Sql.on(database).run("truncate messages");
                insert(database, 3);
            });
            assertTruncated(global, single);
            assertStreamsSayResync(old);
            assertAllThatComesIsAFence(global, single);
        }
    }

    @Test
    void conversationsThatAreTruncatedWhileTheFeedIsAwaySayResyncAndEndTheirStreams() throws IOException {
        try (StreamClient global = StreamClient.global().join(instance);
                StreamClient single = StreamClient.conversation(conversation).after(0).join(instance)) {
            insert(database, 5);
            awaitCount(global, 5);
            awaitCount(single, 5);
            String old = global.position();
            database.elsewhere(() -> Sql.on(database).run("truncate conversations cascade"));
            assertTruncated(global);
            single.awaitResync();
            Await.until(() -> !single.closes().isEmpty(), PATIENCE, "the stream of a conversation that is no more ends");
            assertEquals(4104, single.closes().get(0).code());
            conversation = Conversations.insert(database, "made since");
            try (StreamClient back = StreamClient.global().at(old).connect(instance)) {
                assertTruncated(back);
                assertAllThatComesIsAFence(global, back);
            }
        }
    }

    /** More than the feed reads at a time comes before it and after it, in one transaction. */
    @Test
    void aTableThatIsTruncatedWhileTheFeedIsBehindSaysResync() throws IOException {
        try (StreamClient global = StreamClient.global().join(instance);
                StreamClient single = StreamClient.conversation(conversation).after(0).join(instance)) {
            String old = global.position();
            Sql.on(database).transaction(connection -> {
                String some = "insert into messages (conversation_id, content) select '" + conversation + "', 'message ' || n from generate_series(1, 1500) n";
                Sql.run(connection, some);
                Sql.run(connection, "truncate messages");
                return Sql.run(connection, some);
            });
            assertTruncated(global, single);
            assertAllThatComesIsAFence(global, single);
            assertStreamsSayResync(old);
        }
    }

    private static void assertTruncated(StreamClient... streams) {
        for (StreamClient stream : streams) {
            assertEquals("truncated", stream.awaitResync().path("reason").asText());
            stream.awaitLive();
        }
    }

    private void assertAllThatComesIsAFence(StreamClient... streams) {
        UUID fence = UUID.randomUUID();
        Sql.on(database).run("insert into messages (id, conversation_id, content) values (?, ?, 'fence')", fence, conversation);
        for (StreamClient stream : streams) {
            Await.until(() -> stream.deliveries().delivered().values().stream().flatMap(List::stream).anyMatch(entry -> entry.id().equals(fence)), PATIENCE, "the fence");
            assertEquals(1, stream.deliveries().count(), () -> "since the resync came " + stream.deliveries().delivered());
            assertEquals(1, stream.frames("resync").size());
        }
    }

    @Test
    void aPositionFromTheFutureSaysResync() throws IOException {
        assertFuturePositionSaysResync(() -> { });
    }

    @Test
    void aPositionFromAFutureWhoseTransactionIdsWereUsedUpAgainSaysResync() throws IOException {
        assertFuturePositionSaysResync(() -> {
            for (int i = 0; i < 50; i++) {
                Sql.on(database).value("select pg_current_xact_id()::text", String.class);
            }
        });
    }

    @Test
    void aPositionFromAHistoryThatWasReplacedWhileNoInstanceRanSaysResync() throws IOException {
        // by one of the same length: the same ids, the same transaction ids
        assertFuturePositionSaysResync(() -> insert(database, 20));
    }

    /** @param meanwhile happens to the database that was put back, before an instance runs again */
    private void assertFuturePositionSaysResync(Runnable meanwhile) throws IOException {
        String future;
        try (StreamClient global = StreamClient.global().join(instance)) {
            Path backup = database.backup();
            awaitAllConnected(global);
            insert(database, 20);
            awaitCount(global, 20);
            future = global.position();
            instance.stop();
            database.putBack(backup, meanwhile);
        }
        instance.begin().awaitReady();
        assertOldPositionSaysResync(future);
        try (StreamClient ahead = StreamClient.conversation(conversation).after(count(database) + 1).connect(instance)) {
            ahead.awaitResync();
        }
        for (RealtimeVersion version : RealtimeVersion.values()) {
            try (RealtimeFollower ahead = RealtimeFollower.conversation(version, conversation).after(count(database) + 1)) {
                ahead.join(instance);
                assertToldToLoadAfresh(ahead);
                insert(database, 2);
                awaitCount(ahead, 2);
                ahead.deliveries().assertNoViolation();
            }
        }
    }

    @Test
    void aDumpRestoredIntoANewClusterSaysResyncButMessagesResumeBySeq() throws IOException {
        insert(database, 10);
        String old;
        try (StreamClient global = StreamClient.global().join(instance)) {
            insert(database, 10);
            awaitCount(global, 10);
            old = global.position();
        }
        Dump dump = Dump.of(database);
        instance.stop();
        try (TestPostgres restored = TestPostgres.startAnother()) {
            // the schema first, as a dump would bring it
            Instance.over(restored).start().close();
            dump.restoreInto(restored);
            try (Instance fresh = Instance.over(restored).start()) {
                try (StreamClient stale = StreamClient.global().at(old).connect(fresh)) {
                    stale.awaitResync();
                    stale.awaitLive();
                    insert(restored, 1);
                    awaitCount(stale, 1);
                }
                try (StreamClient single = StreamClient.conversation(conversation).after(7).connect(fresh)) {
                    awaitCount(single, 14);
                    assertEquals(List.of(), single.frames("resync"));
                    single.deliveries().assertNoViolation();
                }
                assertOldPositionTellsChannelsToLoadAfresh(fresh, restored, old);
                for (RealtimeVersion version : RealtimeVersion.values()) {
                    try (RealtimeFollower single = RealtimeFollower.conversation(version, conversation).after(7)) {
                        single.join(fresh);
                        awaitCount(single, count(restored) - 7);
                        assertEquals(List.of(), single.disturbances());
                        single.deliveries().assertNoViolation();
                    }
                }
            }
        }
    }

    @Test
    void aRestartOfServiceAndDatabaseNeedsNoResync() throws IOException {
        try (StreamClient global = StreamClient.global().join(instance)) {
            joinChannels();
            insert(database, 5);
            awaitCount(global, 5);
            awaitCounts(5);
            global.disconnect();
            channels.forEach(RealtimeFollower::disconnect);
            instance.kill();
            database.crash();
            insert(database, 5);
            instance.begin().awaitReady();
            global.connect(instance);
            awaitCount(global, 10);
            assertEquals(List.of(), global.frames("resync"));
            insert(database, 1); // a fence: what comes twice has come by then
            awaitCount(global, 11);
            for (RealtimeFollower channel : channels) {
                channel.connect(instance);
                awaitCount(channel, 11);
                assertEquals(List.of(), channel.disturbances());
                channel.deliveries().assertExactly(Truth.messages(database, List.of(conversation)));
            }
            global.deliveries().assertExactly(Truth.messages(database, List.of(conversation)));
        }
    }

    private interface Restore {
        void from(Path backup);
    }

    /** Some messages, a backup, more messages that everybody gets, and back to the backup; returns a position from before going back. */
    private String afterBackupAndMore(StreamClient global, StreamClient single, Restore restore) throws IOException {
        joinChannels();
        insert(database, 5);
        awaitCount(global, 5);
        Path backup = database.backup();
        insert(database, 7);
        awaitCount(global, 12);
        awaitCount(single, 12);
        awaitCounts(12);
        String old = global.position();
        restore.from(backup);
        return old;
    }

    /** Every open stream is told, stays open, and delivers what comes next. */
    private void assertBeginsAnew(TestPostgres server, StreamClient... streams) {
        for (StreamClient stream : streams) {
            stream.awaitResync();
            stream.awaitLive();
            assertEquals(List.of(), stream.closes());
        }
        for (RealtimeFollower channel : channels) {
            assertToldToLoadAfresh(channel);
            assertEquals(List.of(), channel.closes());
        }
        insert(server, 3);
        for (StreamClient stream : streams) {
            awaitCount(stream, 3);
            stream.deliveries().assertNoViolation();
        }
        awaitCounts(3);
        for (RealtimeFollower channel : channels) {
            channel.deliveries().assertNoViolation();
            assertTrue(channel.disturbances().stream().allMatch(said -> said.toString().contains("load afresh")), () -> channel.disturbances().toString());
        }
    }

    /** Channels that follow by position, by {@code seq}, and as a client does that knows nothing of {@code after}. */
    private void joinChannels() throws IOException {
        for (RealtimeVersion version : RealtimeVersion.values()) {
            channels.add(RealtimeFollower.global(version));
            channels.add(RealtimeFollower.conversation(version, conversation).after(0));
            channels.add(RealtimeFollower.conversation(version, conversation));
        }
        for (RealtimeFollower channel : channels) {
            channel.join(instance);
        }
    }

    private static void assertToldToLoadAfresh(RealtimeFollower channel) {
        RealtimeFrame told = channel.awaitLoadAfresh();
        String name = told.topic().substring("realtime:".length());
        String message = told.payload().path("message").asText();
        assertTrue(message.matches("Changes since `after` can't be told exactly \\([a-z_]+\\): load afresh"), message);
        assertEquals(Json.read(Json.object(Map.of("extension", "postgres_changes", "status", "error", "channel", name, "message", message))), told.payload());
    }

    private void assertOldPositionTellsChannelsToLoadAfresh(Instance service, TestPostgres server, String old) throws IOException {
        for (RealtimeVersion version : RealtimeVersion.values()) {
            try (RealtimeFollower all = RealtimeFollower.global(version).at(old); RealtimeFollower one = RealtimeFollower.conversation(version, conversation).at(old)) {
                for (RealtimeFollower channel : List.of(all, one)) {
                    channel.join(service);
                    assertToldToLoadAfresh(channel);
                }
                insert(server, 1);
                awaitCount(all, 1);
                awaitCount(one, 1);
                // where it has been told to go on it can resume
                for (RealtimeFollower channel : List.of(all, one)) {
                    channel.disconnect();
                }
                insert(server, 2);
                for (RealtimeFollower channel : List.of(all, one)) {
                    channel.join(service);
                    awaitCount(channel, 3);
                    channel.deliveries().assertNoViolation();
                    assertEquals(1, channel.disturbances().size(), () -> channel.disturbances().toString());
                }
            }
        }
    }

    private void assertOldPositionSaysResync(String old) throws IOException {
        assertStreamsSayResync(old);
        assertOldPositionTellsChannelsToLoadAfresh(instance, database, old);
    }

    /** Supabase's channels are not told of a truncated table, as Supabase's own are not. */
    private void assertStreamsSayResync(String old) throws IOException {
        try (StreamClient global = StreamClient.global().at(old).connect(instance);
                StreamClient single = StreamClient.conversation(conversation).after(0).at(old).connect(instance)) {
            for (StreamClient stream : List.of(global, single)) {
                assertFalse(stream.awaitResync().path("reason").asText().isBlank());
                stream.awaitLive();
            }
        }
    }

    private void awaitAllConnected(StreamClient... streams) {
        instance.awaitReady();
        for (StreamClient stream : streams) {
            assertEquals(List.of(), stream.closes());
        }
    }

    private void insert(TestPostgres server, int number) {
        Sql.on(server).run("insert into messages (conversation_id, content) select ?, 'message ' || n from generate_series(1, ?) n", conversation, number);
    }

    private void insertLarge(int number) {
        Sql.on(database).run("insert into messages (conversation_id, content) select ?, repeat('xxxx', 16384) from generate_series(1, ?)", conversation, number);
    }

    private long count(TestPostgres server) {
        return Sql.on(server).value("select count(*) from messages where conversation_id = ?", Long.class, conversation);
    }

    private void awaitCounts(int count) {
        channels.forEach(channel -> awaitCount(channel, count));
    }

    private static void awaitCount(RealtimeFollower channel, long count) {
        Await.until(() -> channel.deliveries().count() == count, PATIENCE,
                () -> count + " messages; got " + channel.deliveries().count() + ", told " + channel.disturbances() + ", closed " + channel.closes());
    }

    private static void awaitCount(StreamClient stream, int count) {
        Await.until(() -> stream.deliveries().count() == count, PATIENCE,
                () -> count + " messages; got " + stream.deliveries().count() + " and " + stream.frames() + ", closed " + stream.closes());
    }
}
