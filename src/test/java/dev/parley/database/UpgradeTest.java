package dev.parley.database;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.parley.testing.Sql;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.util.Collection;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.ResourceProvider;
import org.flywaydb.core.api.resource.LoadableResource;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

/** A database of the first release, with data, is brought up to date and goes on as before. */
@QuarkusTest
class UpgradeTest {

    /** The last migrations of the first release in each folder. */
    private static final int INTERNALS = 7;
    private static final int CHAT = 1005;

    @Inject
    Flyway flyway;

    @Inject
    ScratchDatabases databases;

    /** The migrations as they were. */
    private record FirstRelease(ResourceProvider all) implements ResourceProvider {

        private static final Pattern VERSION = Pattern.compile("V(\\d+)__");

        @Override
        public LoadableResource getResource(String name) {
            return all.getResource(name);
        }

        @Override
        public Collection<LoadableResource> getResources(String prefix, String[] suffixes) {
            return all.getResources(prefix, suffixes).stream().filter(resource -> {
                Matcher matcher = VERSION.matcher(resource.getFilename());
                int version = matcher.lookingAt() ? Integer.parseInt(matcher.group(1)) : 0;
                return version <= INTERNALS || version > 1000 && version <= CHAT;
            }).toList();
        }
    }

    @Test
    void theFirstReleasesDatabaseGoesOn() throws Exception {
        PGSimpleDataSource database = databases.empty("upgraded");
        Sql sql = Sql.on(database);
        Flyway.configure().configuration(flyway.getConfiguration()).dataSource(database)
                .resourceProvider(new FirstRelease(flyway.getConfiguration().getResourceProvider()))
                .schemas("parley").defaultSchema("parley").table("flyway_schema_history").createSchemas(true).outOfOrder(true).load().migrate();
        sql.run("insert into conversations (id) values ('00000000-0000-0000-0000-000000000001')");
        sql.run("insert into messages (id, conversation_id, content) values ('00000000-0000-0000-0000-000000000002', '00000000-0000-0000-0000-000000000001', 'a')");
        sql.run("update messages set content = 'b'");
        sql.run("alter table conversations add column shout text generated always as (upper(subject)) stored");
        sql.run("create table own (id int primary key)");
        sql.run("select parley.watch('own')");
        sql.run("insert into own values (1)");

        new Migration(database, flyway.getConfiguration(), true).run(waiting -> {});
        assertEquals(List.of("conversations|hand", "messages|hand", "own|hand"),
                sql.rows("select table_name, source from parley.watched order by 1"));

        // until the service has looked at it, a table goes on as it did
        sql.run("update own set id = 2");
        assertEquals(List.of("{\"id\":2}|null"), sql.rows("select record, old_record from parley.change_log where table_name = 'own' and operation = 'UPDATE'"));
        assertEquals(List.of("conversations|replace", "messages|replace", "own|replace"),
                sql.rows("select relation::regclass, action from parley.triggers_to_change() order by 1"));
        sql.run("select parley.change_trigger(relation, event, arguments, action) from parley.triggers_to_change()");
        sql.run("update own set id = 3");
        sql.run("update messages set content = 'c'");
        sql.run("delete from messages");
        assertEquals(List.of("{\"id\":3}|{\"id\":2}"),
                sql.rows("select record, old_record from parley.change_log where table_name = 'own' and operation = 'UPDATE' order by id desc limit 1"));
        assertEquals(List.of("UPDATE", "UPDATE", "DELETE"), sql.rows("""
                select operation from parley.change_log where operation <> 'INSERT' and schema_name = 'public' and table_name in ('messages', 'conversations')
                  and parley.conversation_of(table_name, coalesce(record, old_record)) = '00000000-0000-0000-0000-000000000001' order by id"""));
        assertEquals(List.of(), sql.rows("select * from parley.triggers_to_change()"));
    }
}
