package dev.parley.database;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.eclipse.microprofile.config.inject.ConfigProperty;
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

    @ConfigProperty(name = "quarkus.datasource.jdbc.url")
    String url;

    @ConfigProperty(name = "quarkus.datasource.username")
    String user;

    @ConfigProperty(name = "quarkus.datasource.password", defaultValue = "postgres")
    String password;

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
        PGSimpleDataSource database = emptyDatabase();
        Flyway.configure().configuration(flyway.getConfiguration()).dataSource(database)
                .resourceProvider(new FirstRelease(flyway.getConfiguration().getResourceProvider()))
                .schemas("parley").defaultSchema("parley").table("flyway_schema_history").createSchemas(true).outOfOrder(true).load().migrate();
        execute(database,
                "insert into conversations (id) values ('00000000-0000-0000-0000-000000000001')",
                "insert into messages (id, conversation_id, content) values ('00000000-0000-0000-0000-000000000002', '00000000-0000-0000-0000-000000000001', 'a')",
                "update messages set content = 'b'",
                "create table own (id int primary key)", "select parley.watch('own')", "insert into own values (1)");

        new Migration(database, flyway.getConfiguration(), true).run(waiting -> {});
        assertEquals(List.of("conversations|hand", "messages|hand", "own|hand"),
                rows(database, "select table_name, source from parley.watched order by 1"));

        // until the service has looked at it, a table goes on as it did
        execute(database, "update own set id = 2");
        assertEquals(List.of("{\"id\":2}|null"), rows(database, "select record, old_record from parley.change_log where table_name = 'own' and operation = 'UPDATE'"));
        assertEquals(List.of("conversations|replace", "messages|replace", "own|replace"),
                rows(database, "select relation::regclass, action from parley.triggers_to_change() order by 1"));
        execute(database, "select parley.change_trigger(relation, event, arguments, action) from parley.triggers_to_change()", "update own set id = 3",
                "update messages set content = 'c'", "delete from messages");
        assertEquals(List.of("{\"id\":3}|{\"id\":2}"),
                rows(database, "select record, old_record from parley.change_log where table_name = 'own' and operation = 'UPDATE' order by id desc limit 1"));
        assertEquals(List.of("UPDATE", "UPDATE", "DELETE"), rows(database, """
                select operation from parley.change_log where operation <> 'INSERT' and schema_name = 'public' and table_name in ('messages', 'conversations')
                  and parley.conversation_of(table_name, coalesce(record, old_record)) = '00000000-0000-0000-0000-000000000001' order by id"""));
        assertEquals(List.of(), rows(database, "select * from parley.triggers_to_change()"));
    }

    private PGSimpleDataSource emptyDatabase() throws SQLException {
        execute(dataSource("postgres"), "drop database if exists upgraded with (force)", "create database upgraded");
        return dataSource("upgraded");
    }

    private PGSimpleDataSource dataSource(String database) {
        PGSimpleDataSource dataSource = new PGSimpleDataSource();
        dataSource.setURL(url);
        dataSource.setDatabaseName(database);
        dataSource.setUser(user);
        dataSource.setPassword(password);
        return dataSource;
    }

    private static void execute(PGSimpleDataSource dataSource, String... statements) throws SQLException {
        try (Connection connection = dataSource.getConnection(); Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    private static List<String> rows(PGSimpleDataSource dataSource, String query) throws SQLException {
        try (Connection connection = dataSource.getConnection(); Statement statement = connection.createStatement(); ResultSet rows = statement.executeQuery(query)) {
            List<String> read = new ArrayList<>();
            while (rows.next()) {
                List<String> columns = new ArrayList<>();
                for (int i = 1; i <= rows.getMetaData().getColumnCount(); i++) {
                    columns.add(String.valueOf(rows.getString(i)));
                }
                read.add(String.join("|", columns));
            }
            return read;
        }
    }
}
