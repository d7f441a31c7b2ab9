package dev.parley.database;

import io.vertx.core.Future;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.SqlClient;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;

/**
 * What a database says its schema is. Nearly every start finds a schema that is in place, and then one question takes the place of JDBC, its pool and
 * Flyway: a third of a native start.
 */
final class SchemaRecord {

    /** Names the files below {@code db/migration} and what is in them; a test says when it has to change, and to what. */
    static final String MIGRATIONS = "d774f3c870f4d507";

    private static final String THERE = "select to_regclass('parley.schema_record') is not null";
    private static final String READ = "select migrations from parley.schema_record";
    private static final String WRITE = """
            insert into parley.schema_record (migrations) values (?)
            on conflict (id) do update set migrations = excluded.migrations""";

    private SchemaRecord() {
    }

    /** Whether the schema is the one that this version makes; fails when the database can't be asked. */
    static Future<Boolean> isCurrent(SqlClient database, boolean chat) {
        return database.query(THERE).execute()
                .compose(there -> there.iterator().next().getBoolean(0) ? database.query(READ).execute() : Future.succeededFuture())
                .map(rows -> rows != null && says(rows, word(chat)));
    }

    /** Says that all migrations have run. */
    static void write(Connection connection, boolean chat) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(WRITE)) {
            statement.setString(1, word(chat));
            statement.executeUpdate();
        }
    }

    private static boolean says(RowSet<Row> rows, String word) {
        return rows.size() == 1 && rows.iterator().next().getString(0).equals(word);
    }

    private static String word(boolean chat) {
        return chat ? MIGRATIONS : MIGRATIONS + " without chat";
    }
}
