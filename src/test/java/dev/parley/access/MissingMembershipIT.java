package dev.parley.access;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.parley.testing.Await;
import dev.parley.testing.Instance;
import dev.parley.testing.RealtimeChannel;
import dev.parley.testing.RealtimeClient;
import dev.parley.testing.RealtimeVersion;
import dev.parley.testing.Sql;
import dev.parley.testing.TestPostgres;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What the log advises where the service may not take a caller's role is what helps. */
class MissingMembershipIT {

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Pattern ADVICE = Pattern.compile("the role that Parley runs as may not take it: (GRANT authenticated TO )it( .*)?$", Pattern.MULTILINE);

    /** A membership without the right to take the role is there from PostgreSQL 16 on, and to grant it once more leaves it so. */
    @Test
    void aPrivateChannelOpensOnceTheAdvisedStatementHasRun() throws Exception {
        try (TestPostgres database = TestPostgres.start()) {
            Sql sql = Sql.on(database);
            sql.run("create role poor login noinherit bypassrls");
            sql.run("create role authenticated");
            sql.run("grant create on database postgres to poor");
            if (database.majorVersion() >= 16) {
                sql.run("grant authenticated to poor with set false");
            }
            try (Instance instance = Instance.over(database).setting("quarkus.datasource.username", "poor").setting("parley.chat", "off").start()) {
                sql.run("create policy anybody on realtime.messages for select to authenticated using (true)");
                String token = Tokens.shared("HS256", null, Instance.JWT_SECRET,
                        "{\"role\":\"authenticated\",\"exp\":" + Instant.now().plusSeconds(300).getEpochSecond() + "}");
                try (RealtimeClient client = RealtimeClient.of(RealtimeVersion.V2, token).connect(instance)) {
                    RealtimeChannel channel = client.channel("room");
                    channel.config().put("private", true);
                    assertEquals("error", channel.join().awaitJoinReply().path("status").asText());
                    Optional<MatchResult> advice = ADVICE.matcher(instance.log()).results().findFirst();
                    MatchResult said = advice.orElseThrow(() -> new AssertionError(instance.log()));
                    sql.run(said.group(1) + "poor" + Optional.ofNullable(said.group(2)).orElse(""));
                    Await.until(() -> channel.join().awaitJoinReply().path("status").asText().equals("ok"), PATIENCE, () -> "the channel opens; " + instance.log());
                }
            }
        }
    }
}
