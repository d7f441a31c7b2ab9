package dev.parley.access;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.parley.database.Connections;
import dev.parley.database.Database;
import dev.parley.testing.Await;
import dev.parley.testing.Seed;
import io.quarkus.test.junit.QuarkusTest;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Inject;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

@QuarkusTest
class ChannelPoliciesTest {

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final ChannelRights READS = new ChannelRights(true, false, true, false);
    private static final String ROLES = "anon, authenticated, service_role";

    @Inject
    Access access;

    @Inject
    Database database;

    @Inject
    Connections connections;

    @ConfigProperty(name = "quarkus.datasource.jdbc.url")
    String url;

    @ConfigProperty(name = "quarkus.datasource.username")
    String user;

    @ConfigProperty(name = "quarkus.datasource.password", defaultValue = "postgres")
    String password;

    /** Without a memory: the tests change policies between questions. */
    private Policies policies;

    @BeforeEach
    void likeASupabaseDatabase() throws SQLException {
        policies = new Policies(Map.of("parley.realtime.private.max-answer-age", "0s"));
        database.migrated().await().atMost(PATIENCE);
        for (String role : new String[] {"anon", "authenticated", "service_role bypassrls"}) {
            run("do $$ begin create role " + role + "; exception when duplicate_object then null; end $$");
        }
        run("create schema if not exists realtime",
                "create table if not exists realtime.messages (id uuid not null default gen_random_uuid(), topic text not null, extension text not null, "
                        + "payload jsonb, event text, private boolean default false, binary_payload bytea, updated_at timestamp not null default now(), "
                        + "inserted_at timestamp not null default now(), primary key (id, inserted_at)) partition by range (inserted_at)",
                "do $$ begin if not exists (select from pg_inherits where inhparent = 'realtime.messages'::regclass) then "
                        + "create table realtime.messages_any partition of realtime.messages default; end if; end $$",
                "alter table realtime.messages enable row level security",
                "create or replace function realtime.topic() returns text language sql stable as $$ select nullif(current_setting('realtime.topic', true), '') $$",
                "grant usage on schema realtime to " + ROLES,
                "grant select, insert on realtime.messages to " + ROLES,
                "grant execute on function realtime.topic() to " + ROLES,
                "create schema if not exists rooms",
                "create table if not exists rooms.members (topic text, member text)",
                "truncate rooms.members",
                "grant usage on schema rooms to authenticated",
                "grant select on rooms.members to authenticated");
    }

    @AfterEach
    void close() {
        policies.close();
    }

    @AfterEach
    void withoutPolicies() throws SQLException {
        run("do $$ declare p record; begin for p in select policyname from pg_policies where schemaname = 'realtime' and policyname like 'test %' loop "
                + "execute format('drop policy %I on realtime.messages', p.policyname); end loop; end $$");
    }

    @Test
    void withoutPoliciesNothingIsAllowed() {
        assertEquals(ChannelRights.NONE, ask(anon(), "room:1"));
        assertEquals(ChannelRights.NONE, ask(ada(), "room:1"));
    }

    @Test
    void aPublicChannelAsksNobody() {
        assertEquals(ChannelRights.ALL, access.mayJoin(anon(), "room:1", false).await().atMost(PATIENCE));
    }

    @Test
    void aRoleThatBypassesPoliciesMayDoEverything() {
        assertEquals(ChannelRights.ALL, ask(new Caller("service_role", null, "{\"role\":\"service_role\"}", null), "room:1"));
    }

    @Test
    void aQuestionLeavesNothingInTheChangeLog() throws SQLException {
        Await.until(() -> {
            long before = logged();
            run("insert into realtime.messages (topic, extension) values ('room:1', 'broadcast')");
            return logged() > before;
        }, PATIENCE, "what is inserted into the table is logged");
        policy("select", "anon", "true");
        long before = logged();
        assertEquals(READS, ask(anon(), "room:1"));
        assertEquals(before, logged());
    }

    private long logged() throws SQLException {
        try (Connection connection = connect(); Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("select last_value from parley.change_log_id_seq")) {
            rows.next();
            return rows.getLong(1);
        }
    }

    @Test
    void selectPoliciesSayWhoReadsAndInsertPoliciesWhoWrites() throws SQLException {
        String extension = "extension = 'presence'";
        policy("select", "anon", "extension = 'broadcast'");
        policy("insert", "authenticated", extension);
        policy("select", "authenticated", extension);
        assertEquals(new ChannelRights(true, false, false, false), ask(anon(), "room:1"));
        assertEquals(new ChannelRights(false, false, true, true), ask(ada(), "room:1"));
        withoutPolicies();
        policy("insert", "authenticated", "extension = 'broadcast'");
        assertEquals(new ChannelRights(false, true, false, false), ask(ada(), "room:1"), "writing needs no right to read");
    }

    @Test
    void policiesKnowTheChannelAndTheToken() throws SQLException {
        run("insert into rooms.members values ('room:1', 'ada')");
        policy("select", "authenticated", "exists (select from rooms.members m where m.topic = realtime.topic() "
                + "and m.member = current_setting('request.jwt.claims', true)::jsonb ->> 'sub')");
        assertEquals(READS, ask(ada(), "room:1"));
        assertEquals(ChannelRights.NONE, ask(ada(), "room:2"));
        assertEquals(ChannelRights.NONE, ask(caller("authenticated", "bob"), "room:1"));
        assertEquals(ChannelRights.NONE, ask(anon(), "room:1"));
    }

    @Test
    void policiesSeeEverySettingThatUpstreamMakes() throws SQLException {
        policy("insert", "authenticated", "topic = realtime.topic() and topic = 'room:1' and current_user = 'authenticated' "
                + "and current_setting('request.jwt.claim.sub') = 'ada' and current_setting('request.jwt.claim.role') = 'authenticated' "
                + "and current_setting('request.headers')::jsonb = '{}'");
        policy("select", "authenticated", "topic = realtime.topic() and current_setting('role') = 'authenticated'");
        assertEquals(ChannelRights.ALL, ask(ada(), "room:1"));
        assertEquals(READS, ask(ada(), "room:2"));
        assertEquals(READS, ask(caller("authenticated", null), "room:1"));
    }

    @Test
    void askingLeavesNothingBehind() throws SQLException {
        policy("select", "authenticated", "true");
        policy("insert", "authenticated", "true");
        long before = number("select count(*) from realtime.messages");
        long logged = number("select count(*) from parley.change_log where schema_name = 'realtime'");
        try (Connection connection = connect(); Statement statement = connection.createStatement()) {
            try (ResultSet row = statement.executeQuery("select broadcast_write, presence_write from parley.channel_rights('authenticated', 'room:1', '{}', 'ada')")) {
                assertTrue(row.next() && row.getBoolean(1) && row.getBoolean(2));
            }
            try (ResultSet row = statement.executeQuery("select current_setting('role'), coalesce(current_setting('realtime.topic', true), '') "
                    + "|| coalesce(current_setting('request.jwt.claims', true), '') || coalesce(current_setting('parley.quiet', true), '')")) {
                assertTrue(row.next());
                assertEquals("none", row.getString(1));
                assertEquals("", row.getString(2));
            }
        }
        assertEquals(ChannelRights.ALL, ask(ada(), "room:1"));
        assertEquals(before, number("select count(*) from realtime.messages"));
        assertEquals(logged, number("select count(*) from parley.change_log where schema_name = 'realtime'"));
    }

    @Test
    void whoseRoleIsNotThereIsRefusedOrAllowedAsConfigured() {
        try (Policies open = new Policies(Map.of("parley.realtime.private.without-roles", "allow"))) {
            for (String role : new String[] {"nobody_at_all", "none", "NONE", "Anon", "", "public", "x".repeat(200), "a\"; drop table x; --", "a\nb"}) {
                assertEquals(ChannelRights.NONE, ask(caller(role, "ada"), "room:1"), role);
                assertEquals(ChannelRights.ALL, open.ask(caller(role, "ada"), "room:1"), role);
            }
            assertEquals(ChannelRights.NONE, open.ask(ada(), "room:1"), "a role that is there is asked all the same");
        }
    }

    @Test
    void aRoleThatTheServiceMayNotTakeIsTold() throws SQLException {
        run("do $$ begin create role parley_plain login; exception when duplicate_object then null; end $$",
                "alter role parley_plain bypassrls", "grant usage on schema parley, realtime to parley_plain", "grant select, insert on realtime.messages to parley_plain",
                "grant execute on function parley.channel_rights(text, text, text, text) to parley_plain");
        policy("select", "authenticated", "true");
        try (Connection connection = connect(); Statement statement = connection.createStatement()) {
            statement.execute("set session authorization parley_plain");
            assertEquals("not a member", outcome(statement));
            statement.execute("reset session authorization");
            statement.execute("grant authenticated to parley_plain");
            statement.execute("set session authorization parley_plain");
            assertEquals("asked", outcome(statement));
            statement.execute("reset session authorization");
            statement.execute("revoke authenticated from parley_plain");
        } finally {
            run("drop owned by parley_plain", "drop role parley_plain");
        }
    }

    @Test
    void aRoleWithoutAnyRightOnTheTableMayNothing() throws SQLException {
        run("do $$ begin create role parley_stranger; exception when duplicate_object then null; end $$");
        policy("select", "public", "true");
        policy("insert", "public", "true");
        assertEquals(ChannelRights.NONE, ask(caller("parley_stranger", "x"), "room:1"));
        assertEquals(ChannelRights.ALL, ask(ada(), "room:1"));
        run("drop role parley_stranger");
    }

    @Test
    void whatARoleLosesItLosesAtOnce() throws SQLException {
        run("do $$ begin create role parley_members; exception when duplicate_object then null; end $$", "grant usage on schema realtime to parley_members");
        policy("select", "parley_members", "true");
        // once for each connection, and once more on plans that they may have kept
        for (int round = 0; round < 3; round++) {
            assertEquals(ChannelRights.NONE, ask(ada(), "room:1"));
            run("grant parley_members to authenticated");
            assertEquals(READS, ask(ada(), "room:1"));
            run("revoke parley_members from authenticated");
        }
        withoutPolicies();
        run("alter role service_role nobypassrls");
        assertEquals(ChannelRights.NONE, ask(caller("service_role", null), "room:1"));
        run("alter role service_role bypassrls");
        assertEquals(ChannelRights.ALL, ask(caller("service_role", null), "room:1"));
        run("drop owned by parley_members", "drop role parley_members");
    }

    @Test
    void aPolicyThatFailsForACallerIsANo() throws SQLException {
        policy("select", "authenticated", "realtime.topic()::uuid is not null");
        policy("insert", "authenticated", "(select member from rooms.members) = 'ada'");
        run("insert into rooms.members values ('a', 'ada')");
        assertEquals(ChannelRights.ALL, ask(ada(), "7b0a2b1e-6a7c-4a7e-9f62-3a3b3f1f5f10"));
        run("insert into rooms.members values ('b', 'ada')");
        assertEquals(READS, ask(ada(), "7b0a2b1e-6a7c-4a7e-9f62-3a3b3f1f5f10"), "more than one row in a subquery");
        assertEquals(ChannelRights.NONE, ask(ada(), "room:1"));
        assertEquals(ChannelRights.NONE, ask(new Caller("authenticated", "ada", "{\"a\":\"\\u0000\"}", null), "room:1"));
    }

    @Test
    void aPolicyThatTakesForeverIsAFailureAndNoAnswer() throws SQLException {
        policy("select", "authenticated", "pg_sleep(60) is not null");
        assertThrows(RuntimeException.class, () -> ask(ada(), "room:1"));
        assertEquals(ChannelRights.NONE, ask(anon(), "room:1"), "and the connection serves others again");
    }

    @Test
    void channelsMayHaveAnyName() throws SQLException {
        policy("select", "anon", "topic = realtime.topic()");
        for (String topic : new String[] {" ", "a'b\"c\\d", "room:ä😀", "x".repeat(1024), "%s$1", "a\nb"}) {
            assertEquals(READS, ask(anon(), topic), topic);
        }
        for (String topic : new String[] {"a\u0000b", "x".repeat(1025), "\ud83d", "a\ude00b"}) {
            assertEquals(ChannelRights.NONE, ask(anon(), topic), "what the database can't hold");
        }
    }

    @Test
    void whoAsksTheSameAgainAndAgainLeavesTheConnectionsToOthers() throws SQLException {
        run("create sequence if not exists rooms.asked", "grant usage on sequence rooms.asked to authenticated");
        policy("select", "authenticated", "nextval('rooms.asked') > 0 and pg_sleep(0.1) is not null");
        try (Policies remembering = new Policies(Map.of())) {
            List<Uni<ChannelRights>> asked = new ArrayList<>();
            for (int i = 0; i < 1_000; i++) {
                asked.add(remembering.policies.rights(ada(), "room:1", true));
            }
            asked.add(remembering.policies.rights(caller("authenticated", "bob"), "room:1", true));
            long before = number("select last_value from rooms.asked");
            List<ChannelRights> answers = Uni.join().all(asked).andFailFast().await().atMost(Duration.ofSeconds(5));
            assertEquals(List.of(READS), answers.stream().distinct().toList());
            assertTrue(number("select last_value from rooms.asked") - before <= 8, "a policy is tried on two rows at each of two questions");
        }
        withoutPolicies();
        run("drop sequence rooms.asked");
    }

    @Test
    void whatARoleLosesItLosesWithinTheAgeThatAnAnswerMayHave() throws Exception {
        policy("select", "authenticated", "true");
        try (Policies remembering = new Policies(Map.of("parley.realtime.private.max-answer-age", "500ms"))) {
            assertEquals(READS, remembering.ask(ada(), "room:1"));
            withoutPolicies();
            Await.until(() -> remembering.ask(ada(), "room:1").equals(ChannelRights.NONE), Duration.ofSeconds(2), "the right is gone");
        }
    }

    @Test
    void manyAtOnceEachGetTheirOwnAnswer() throws SQLException {
        policy("select", "authenticated", "topic = 'room:' || (current_setting('request.jwt.claims', true)::jsonb ->> 'sub')");
        policy("insert", "anon", "topic = 'open'");
        Random random = new Random(Seed.of(ChannelPoliciesTest.class));
        List<Uni<ChannelRights>> asked = new ArrayList<>();
        List<ChannelRights> expected = new ArrayList<>();
        for (int i = 0; i < 1_000; i++) {
            int who = random.nextInt(3);
            int room = random.nextInt(3);
            switch (random.nextInt(3)) {
                case 0 -> {
                    asked.add(access.mayJoin(caller("authenticated", "" + who), "room:" + room, true));
                    expected.add(who == room ? READS : ChannelRights.NONE);
                }
                case 1 -> {
                    asked.add(access.mayJoin(anon(), room == 0 ? "open" : "room:" + room, true));
                    expected.add(room == 0 ? new ChannelRights(false, true, false, true) : ChannelRights.NONE);
                }
                default -> {
                    asked.add(access.mayJoin(caller("service_role", null), "room:" + room, true));
                    expected.add(ChannelRights.ALL);
                }
            }
        }
        assertEquals(expected, Uni.join().all(asked).andFailFast().await().atMost(PATIENCE));
    }

    private ChannelRights ask(Caller caller, String topic) {
        return policies.ask(caller, topic);
    }

    private static Caller anon() {
        return caller("anon", null);
    }

    private static Caller ada() {
        return caller("authenticated", "ada");
    }

    private static Caller caller(String role, String subject) {
        return new Caller(role, subject, subject == null ? "{}" : "{\"sub\":\"" + subject + "\"}", null);
    }

    private void policy(String command, String role, String condition) throws SQLException {
        run("create policy \"test " + command + " " + role + "\" on realtime.messages for " + command + " to " + role
                + (command.equals("insert") ? " with check (" : " using (") + condition + ")");
    }

    private static String outcome(Statement statement) throws SQLException {
        try (ResultSet row = statement.executeQuery("select outcome from parley.channel_rights('authenticated', 'room:1', '{}', null)")) {
            row.next();
            return row.getString(1);
        }
    }

    private long number(String query) throws SQLException {
        try (Connection connection = connect(); ResultSet row = connection.createStatement().executeQuery(query)) {
            row.next();
            return row.getLong(1);
        }
    }

    private void run(String... statements) throws SQLException {
        try (Connection connection = connect(); Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                try {
                    statement.execute(sql);
                } catch (SQLException failure) {
                    if (!"XX000".equals(failure.getSQLState())) {
                        throw failure;
                    }
                    statement.execute(sql); // "tuple concurrently updated": the service has just granted its rights on the same table
                }
            }
        }
    }

    private Connection connect() throws SQLException {
        PGSimpleDataSource source = new PGSimpleDataSource();
        source.setUrl(url);
        source.setUser(user);
        source.setPassword(password);
        return source.getConnection();
    }

    /** The policies with settings of their own. */
    private final class Policies implements AutoCloseable {

        private final ChannelPolicies policies;

        private Policies(Map<String, String> settings) {
            policies = new ChannelPolicies(connections, database, Settings.of(PrivateChannelConfig.class, settings));
        }

        private ChannelRights ask(Caller caller, String topic) {
            return policies.rights(caller, topic, true).await().atMost(PATIENCE);
        }

        @Override
        public void close() {
            policies.close();
        }
    }
}
