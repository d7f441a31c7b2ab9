package dev.parley.database;

import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.ResourceProvider;
import org.flywaydb.core.api.configuration.Configuration;
import org.flywaydb.core.api.output.MigrateResult;

/**
 * Brings the schema up to date, once per call, one replica at a time.
 *
 * <p>The replicas queue up at an advisory lock. They ask for it again and again instead of waiting in the server: a
 * waiting statement holds a snapshot, for which {@code create index concurrently} in a migration would wait in turn.
 */
final class Migration {

    static final int OLDEST_MAJOR_VERSION = 13;
    private static final String SCHEMA = "parley";
    private static final String CHAT = "db/migration/chat/";
    /** The letters of the name; any number will do that nobody else takes. */
    private static final long LOCK = 0x7061726C6579L;
    private static final long LOCK_RETRY_MILLIS = 100;

    private static final String SESSION = Connections.EVERY_SESSION + Connections.SYSTEM_NAMES_ONLY;

    private final DataSource dataSource;
    private final Flyway flyway;
    private final boolean chat;

    /**
     * @param dataSource up to three of its connections are used at once
     * @param known the configuration that knows where the migrations are
     * @param chat whether the chat tables are Parley's, besides its internals
     */
    Migration(DataSource dataSource, Configuration known, boolean chat) {
        this.dataSource = dataSource;
        this.chat = chat;
        ResourceProvider all = known.getResourceProvider();
        this.flyway = Flyway.configure()
                .configuration(known)
                .dataSource(dataSource)
                .resourceProvider(chat ? all : new WithoutFolder(all, CHAT))
                .schemas(SCHEMA)
                .defaultSchema(SCHEMA)
                .table("flyway_schema_history")
                .createSchemas(true)
                .initSql(SESSION)
                .outOfOrder(true)
                // a chat migration is missing with parley.chat=off, a newer replica's with an older one beside it
                .ignoreMigrationPatterns("*:missing", "*:future")
                .load();
    }

    /**
     * Blocks until the schema is in place.
     *
     * @param waiting is told now and then while another replica migrates
     * @return what has been done, for an operator to read
     */
    String run(Consumer<String> waiting) throws SQLException, InterruptedException {
        try (Connection connection = dataSource.getConnection()) {
            DatabaseMetaData server = connection.getMetaData();
            requireSupported(server);
            OwnSession.require(connection, dataSource);
            prepare(connection);
            lock(connection, waiting);
            try {
                MigrateResult result = flyway.migrate();
                SchemaRecord.write(connection, chat);
                return "PostgreSQL " + server.getDatabaseProductVersion() + ", " + result.migrationsExecuted
                        + " migrations applied";
            } finally {
                ask(connection, "select pg_advisory_unlock(" + LOCK + ")");
            }
        }
    }

    private static void requireSupported(DatabaseMetaData server) throws SQLException {
        if (server.getDatabaseMajorVersion() < OLDEST_MAJOR_VERSION) {
            throw new DatabaseSetupException("PostgreSQL " + OLDEST_MAJOR_VERSION + " or newer is required, this is "
                    + server.getDatabaseProductVersion());
        }
    }

    private static void prepare(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(SESSION);
        }
    }

    private static void lock(Connection connection, Consumer<String> waiting)
            throws SQLException, InterruptedException {
        while (!ask(connection, "select pg_try_advisory_lock(" + LOCK + ")")) {
            waiting.accept("another replica is bringing the schema up to date");
            TimeUnit.MILLISECONDS.sleep(LOCK_RETRY_MILLIS);
        }
    }

    private static boolean ask(Connection connection, String question) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet answer = statement.executeQuery(question)) {
            return answer.next() && answer.getBoolean(1);
        }
    }
}
