package dev.parley.realtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.parley.testing.Api;
import dev.parley.testing.Await;
import dev.parley.testing.ChangeBinding;
import dev.parley.testing.Http;
import dev.parley.testing.Instance;
import dev.parley.testing.RealtimeClient;
import dev.parley.testing.RealtimeVersion;
import dev.parley.testing.Sql;
import dev.parley.testing.StreamClient;
import dev.parley.testing.TestPostgres;
import dev.parley.testing.Truth;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Where everybody may create in {@code public}, as in any database made before PostgreSQL 15, somebody has put functions and operators there that are named as the
 * system's and fit more closely. They would run with the service's rights: none is ever called.
 */
class NamesakesIT {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private static TestPostgres database;
    private static Instance instance;

    @BeforeAll
    static void start() {
        database = TestPostgres.start();
        Sql.on(database).run("create publication supabase_realtime");
        Sql.on(database).run("create sequence public.calls");
        Sql.on(database).run("create table public.things (id int primary key, code varchar, place name, n int)");
        Sql.on(database).run("alter publication supabase_realtime add table public.things");
        anything("text, text[], uuid, uuid[], xid8, xid8[], bigint, bigint[], integer, integer[], name, name[], varchar, json, jsonb, boolean, boolean[], timestamptz, record, things");
        create(trap("format(text, name, name)", "text"), trap("format(text, name)", "text"), trap("array_length(text[], integer)", "text"),
                trap("concat_ws(text, text, text)", "text"), trap("quote_ident(name)", "text"),
                operator("=", "varchar", "varchar", "boolean"), operator("=", "varchar", "text", "boolean"), operator("=", "oid", "regprocedure", "boolean"),
                operator("=", "oid", "regtype", "boolean"), operator("=", "oid", "regclass", "boolean"), operator("~~", "varchar", "text", "boolean"),
                operator("~", "varchar", "text", "boolean"), operator("/", "float8", "integer", "float8"), operator("*", "bigint", "interval", "interval"),
                operator("||", "text", "integer", "text"), operator("||", "text", "name", "text"));
        instance = Instance.over(database).setting("parley.feed.retention", "1s").setting("parley.realtime.private.without-roles", "allow").start();
        anything("messages, conversations, parley.change_log");
    }

    @AfterAll
    static void stop() throws IOException {
        instance.close();
        database.close();
    }

    @Test
    void functionsAndOperatorsOfOthersThatAreNamedAsTheSystemsAreNotCalled() throws IOException {
        Api api = Api.of(instance);
        UUID conversation = api.createConversation("namesakes");
        api.sendNew(conversation, "first");
        try (StreamClient reader = StreamClient.conversation(conversation).after(0).join(instance)) {
            reader.sendMessage(UUID.randomUUID(), "second");
            Sql.on(database).run("insert into messages (conversation_id, content) values (?, 'third')", conversation);
            Await.until(() -> reader.deliveries().count() == 3, PATIENCE, () -> reader.deliveries().count() + " messages came");
            reader.deliveries().assertExactly(Truth.messages(database, List.of(conversation)));
        }
        answers("/api/conversations/" + conversation);
        answers("/api/conversations?status=open");
        answers("/api/conversations/" + conversation + "/messages?after=1");
        answers("/api/conversations/" + conversation + "/messages?before=9");
        api.setStatus(conversation, "closed");

        changesComeByFilter("code=eq.a", "place=eq.here", "n=in.(1,2)", "code=like.a%", "code=match.a");
        storedBroadcastsAreReplayed();
        Await.until(() -> Sql.on(database).value("select count(*) from parley.change_log", Long.class) == 0, PATIENCE, "the log is trimmed");
        try (Instance next = Instance.over(database).start()) {
            aBurstOfBroadcastsReaches(next);
            Api.of(next).createConversation("after a restart");
        }
        assertFalse(Sql.on(database).value("select is_called from public.calls", Boolean.class), "a namesake was called");
    }

    private static void changesComeByFilter(String... filters) throws IOException {
        Sql.on(database).run("delete from things");
        List<ChangeBinding> bindings = List.of(filters).stream().map(filter -> ChangeBinding.of("INSERT", "public", "things").filter(filter)).toList();
        try (RealtimeClient client = RealtimeClient.of(RealtimeVersion.V2).connect(instance)) {
            for (ChangeBinding binding : bindings) {
                client.channel("filtered-" + bindings.indexOf(binding)).on(binding).joinOnceWatched();
            }
            Sql.on(database).run("insert into things values (1, 'a', 'here', 1)");
            Await.until(() -> bindings.stream().allMatch(binding -> binding.changes().size() == 1), PATIENCE,
                    () -> "the row; got " + bindings.stream().map(ChangeBinding::changes).toList());
        }
    }

    private static void storedBroadcastsAreReplayed() {
        try (BroadcastListener speaker = BroadcastListener.join(instance, Instance.PUBLISHABLE_KEY, "namesakes", "{\"private\":true,\"broadcast\":{\"self\":true}}")) {
            speaker.say("namesakes", "e", "{\"persist\":true}", "{\"n\": 1}");
            speaker.await(1);
        }
        try (BroadcastListener late = BroadcastListener.join(instance, Instance.PUBLISHABLE_KEY, "namesakes",
                "{\"private\":true,\"broadcast\":{\"replay\":{\"since\":0}}}")) {
            assertEquals("{\"n\": 1}", late.await(1).get(0).text());
        }
    }

    /** So large and so many that several notifications go in one statement. */
    private static void aBurstOfBroadcastsReaches(Instance next) {
        try (BroadcastListener there = BroadcastListener.join(next, Instance.PUBLISHABLE_KEY, "burst", "{}");
                BroadcastListener speaker = BroadcastListener.join(instance, Instance.PUBLISHABLE_KEY, "burst", "{}")) {
            String large = "{\"n\": \"" + "x".repeat(4_000) + "\"}";
            for (int i = 0; i < 20; i++) {
                speaker.say("burst", "e", "{}", large);
            }
            there.await(20);
        }
    }

    private static void answers(String path) {
        HttpResponse<String> answer = Http.get(instance.http(path));
        assertEquals(200, answer.statusCode(), answer::body);
    }

    /** Of functions that take anything, for each of these types. */
    private static void anything(String types) {
        create(Stream.of(types.split(", "))
                .flatMap(type -> Stream.of("unnest", "array_agg", "to_json", "to_jsonb", "row_to_json", "json_agg", "count", "max", "cardinality", "concat", "pg_typeof")
                        .map(name -> trap(name + "(" + type + ")", "text")))
                .toArray(String[]::new));
    }

    private static String operator(String name, String left, String right, String result) {
        return trap("as_operator(" + left + ", " + right + ")", result)
                + "; create operator public." + name + " (leftarg = " + left + ", rightarg = " + right + ", function = public.as_operator)";
    }

    private static String trap(String signature, String result) {
        return "create or replace function public." + signature + " returns " + result + " language plpgsql as $$ begin perform pg_catalog.nextval('public.calls'); "
                + "raise exception 'a namesake was called: " + signature + "'; end $$";
    }

    private static void create(String... statements) {
        Sql.on(database).transaction(connection -> {
            for (String statement : statements) {
                Sql.run(connection, statement);
            }
            return null;
        });
    }
}
