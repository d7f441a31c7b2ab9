package dev.parley.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.parley.testing.Api;
import dev.parley.testing.Await;
import dev.parley.testing.Cable;
import dev.parley.testing.Conversations;
import dev.parley.testing.Instance;
import dev.parley.testing.Sql;
import dev.parley.testing.StreamClient;
import dev.parley.testing.TestPostgres;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** A planned switch of the database's primary: what was the primary stays, as a standby, and the service's address leads to it for a while yet. */
class SwitchoverIT {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int SENDS = 40;

    @Test
    void nothingIsReadFromTheOldPrimaryAndNobodyStaysWithIt() throws Exception {
        try (TestPostgres first = TestPostgres.startMigrated(); TestPostgres second = first.standby(); Cable address = new Cable(first.port());
                Instance instance = Instance.over(first)
                        .setting("quarkus.datasource.jdbc.url", "jdbc:postgresql://127.0.0.1:" + address.port() + "/postgres")
                        .setting("quarkus.datasource.reactive.url", "postgresql://127.0.0.1:" + address.port() + "/postgres").start()) {
            UUID conversation = Conversations.insert(first, "switched");
            Api api = Api.of(instance);
            try (StreamClient all = StreamClient.global().join(instance); StreamClient single = StreamClient.conversation(conversation).after(0).join(instance);
                    StreamClient late = StreamClient.conversation(conversation).after(0)) {
                for (int i = 0; i < 20; i++) {
                    api.sendNew(conversation, "before " + i);
                }
                Await.until(() -> all.deliveries().count() == 20 && single.deliveries().count() == 20, PATIENCE, "what was sent before");
                Await.until(() -> count(second, conversation) == 20, PATIENCE, "the standby has it all");
                first.switchTo(second);
                long before = refusals(first);

                List<CompletableFuture<UUID>> sends = new ArrayList<>();
                for (int i = 0; i < SENDS; i++) {
                    sends.add(CompletableFuture.supplyAsync(() -> send(api, conversation), task -> new Thread(task).start()));
                }
                late.connect(instance);
                Await.until(() -> refusals(first) >= before + 5, PATIENCE, "the service has knocked at the old primary");
                address.leadTo(second.port());

                for (CompletableFuture<UUID> send : sends) {
                    send.join();
                }
                UUID made = api.createConversation("made after it");
                assertEquals(1, Sql.on(second).value("select count(*) from conversations where id = ?", Long.class, made));
                assertEquals(20 + SENDS, count(second, conversation));
                // it is another history, which streams are told: they go on from then on, and what was there before is read again by REST
                Set<UUID> after = new HashSet<>();
                Await.until(() -> {
                    after.add(UUID.fromString(api.sendNew(conversation, "after it").get("id").asText()));
                    return Stream.of(all, single, late).allMatch(stream -> stream.deliveries().delivered().getOrDefault(conversation, List.of()).stream()
                            .anyMatch(entry -> after.contains(entry.id())));
                }, PATIENCE, "what is sent afterwards");
                Stream.of(all, single, late).forEach(stream -> stream.deliveries().assertNoViolation());
                Await.until(() -> Sql.on(first).values("select application_name from pg_stat_activity where application_name like 'parley-%'", String.class).isEmpty(),
                        PATIENCE, "nobody stays with the old primary");
            }
        }
    }

    /** As a client does: the same message until it is stored. */
    private static UUID send(Api api, UUID conversation) {
        UUID id = UUID.randomUUID();
        Await.until(() -> List.of(200, 201).contains(api.send(conversation, id, "meanwhile").statusCode()), PATIENCE, "the message is stored");
        return id;
    }

    private static long refusals(TestPostgres server) {
        return server.log().lines().filter(line -> line.contains("FATAL") && line.contains("parley-")).count();
    }

    private static long count(TestPostgres server, UUID conversation) {
        return Sql.on(server).value("select count(*) from messages where conversation_id = ?", Long.class, conversation);
    }
}
