package dev.parley.testing;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;

/** Statements of a test, each on a connection of its own unless a connection is given; an SQL error fails the test. */
public final class Sql {

    /** What a test does with a connection. */
    public interface Work<T> {
        T apply(Connection connection) throws SQLException;
    }

    /** Where connections come from. */
    private interface Source {
        Connection connect() throws SQLException;
    }

    private final Source source;

    private Sql(Source source) {
        this.source = source;
    }

    public static Sql on(TestPostgres server) {
        return new Sql(server::connect);
    }

    public static Sql on(DataSource database) {
        return new Sql(database::getConnection);
    }

    /** Runs one statement or several, committed at once; returns the rows changed by the first. */
    public int run(String sql, Object... parameters) {
        return with(connection -> run(connection, sql, parameters));
    }

    /** The first column of the first row, null when there is none. */
    public <T> T value(String sql, Class<T> type, Object... parameters) {
        List<T> values = values(sql, type, parameters);
        return values.isEmpty() ? null : values.get(0);
    }

    /** The first column of every row. */
    public <T> List<T> values(String sql, Class<T> type, Object... parameters) {
        return with(connection -> values(connection, sql, type, parameters));
    }

    /** Each row's columns as text, with {@code |} between them. */
    public List<String> rows(String sql) {
        return with(connection -> rows(connection, sql));
    }

    /** Runs the work in one transaction; an exception rolls it back. */
    public <T> T transaction(Work<T> work) {
        return with(connection -> {
            connection.setAutoCommit(false);
            T result = work.apply(connection);
            connection.commit();
            return result;
        });
    }

    public <T> T with(Work<T> work) {
        try (Connection connection = source.connect()) {
            return work.apply(connection);
        } catch (SQLException e) {
            throw new SqlFailure(e);
        }
    }

    /** Runs one statement on a connection; returns the rows changed. */
    public static int run(Connection connection, String sql, Object... parameters) throws SQLException {
        try (PreparedStatement statement = prepare(connection, sql, parameters)) {
            statement.execute();
            return statement.getUpdateCount();
        }
    }

    /** The first column of every row, asked on a connection. */
    public static <T> List<T> values(Connection connection, String sql, Class<T> type, Object... parameters) throws SQLException {
        try (PreparedStatement statement = prepare(connection, sql, parameters); ResultSet rows = statement.executeQuery()) {
            List<T> values = new ArrayList<>();
            while (rows.next()) {
                values.add(rows.getObject(1, type));
            }
            return values;
        }
    }

    /** Each row's columns as text, with {@code |} between them, asked on a connection. */
    public static List<String> rows(Connection connection, String sql) throws SQLException {
        try (PreparedStatement statement = prepare(connection, sql); ResultSet result = statement.executeQuery()) {
            List<String> rows = new ArrayList<>();
            while (result.next()) {
                List<String> columns = new ArrayList<>();
                for (int i = 1; i <= result.getMetaData().getColumnCount(); i++) {
                    columns.add(String.valueOf(result.getString(i)));
                }
                rows.add(String.join("|", columns));
            }
            return rows;
        }
    }

    static PreparedStatement prepare(Connection connection, String sql, Object... parameters) throws SQLException {
        PreparedStatement statement = connection.prepareStatement(sql);
        for (int i = 0; i < parameters.length; i++) {
            statement.setObject(i + 1, parameters[i]);
        }
        return statement;
    }

    /** An {@link SQLException} that nobody was ready for. */
    public static final class SqlFailure extends RuntimeException {

        private final String state;

        SqlFailure(SQLException cause) {
            super(cause.getSQLState() + " " + cause.getMessage(), cause);
            this.state = cause.getSQLState();
        }

        /** The five-character SQLSTATE. */
        public String state() {
            return state;
        }
    }
}
