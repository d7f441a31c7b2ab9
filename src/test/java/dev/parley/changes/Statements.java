package dev.parley.changes;

import dev.parley.database.Database;
import dev.parley.testing.Sql;
import jakarta.enterprise.context.ApplicationScoped;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import javax.sql.DataSource;

/** Plain SQL on the database of the service under test, once its schema is in place. */
@ApplicationScoped
class Statements {

    private final DataSource dataSource;
    private final Database database;

    Statements(DataSource dataSource, Database database) {
        this.dataSource = dataSource;
        this.database = database;
    }

    void run(String... statements) {
        ask(statement -> {
            for (String sql : statements) {
                statement.execute(sql);
            }
            return null;
        });
    }

    /** Each row's columns as text, with {@code |} between them. */
    List<String> rows(String sql) {
        return ask(statement -> Sql.rows(statement.getConnection(), sql));
    }

    String value(String sql) {
        return rows(sql).get(0);
    }

    /** The log of a table, in the order in which it was written: operation, new row, old row. */
    List<String> log(String table) {
        return rows("select operation, record, old_record from parley.change_log where schema_name || '.' || table_name = '" + table + "' order by id");
    }

    interface Work<T> {
        T apply(Statement statement) throws SQLException;
    }

    <T> T ask(Work<T> work) {
        database.migrated().await().atMost(Duration.ofSeconds(60));
        try (Connection connection = dataSource.getConnection(); Statement statement = connection.createStatement()) {
            return work.apply(statement);
        } catch (SQLException e) {
            throw new AssertionError(e.getMessage(), e);
        }
    }
}
