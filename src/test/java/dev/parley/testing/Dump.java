package dev.parley.testing;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyManager;

/**
 * The rows of every table of the service, taken from one cluster and put into another that has the same schema: what {@code pg_dump} and {@code psql} do,
 * without asking for programs that the embedded PostgreSQL lacks.
 */
public final class Dump {

    private static final String TABLES = """
            select format('%I.%I', schemaname, tablename) from pg_tables
            where schemaname in ('public', 'parley') and tablename not like 'flyway%' order by 1""";
    private static final String SEQUENCES = """
            select format('select setval(%L, greatest(1, (select max(%I) from %I.%I)))',
                          pg_get_serial_sequence(format('%I.%I', table_schema, table_name), column_name), column_name, table_schema, table_name)
            from information_schema.columns where is_identity = 'YES' and table_schema in ('public', 'parley')""";

    private final Map<String, byte[]> rows = new LinkedHashMap<>();

    private Dump() {
    }

    /** Takes one consistent picture. */
    public static Dump of(TestPostgres database) {
        Dump dump = new Dump();
        Sql.on(database).transaction(connection -> {
            Sql.run(connection, "set transaction isolation level repeatable read");
            for (String table : Sql.values(connection, TABLES, String.class)) {
                ByteArrayOutputStream out = new ByteArrayOutputStream();
                try {
                    copy(connection).copyOut("copy " + table + " to stdout", out);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
                dump.rows.put(table, out.toByteArray());
            }
            return null;
        });
        return dump;
    }

    /** Replaces all rows of a cluster whose schema is in place already. */
    public void restoreInto(TestPostgres database) {
        Sql.on(database).transaction(connection -> {
            Sql.run(connection, "set session_replication_role = replica");
            Sql.run(connection, "truncate " + String.join(", ", rows.keySet()));
            for (Map.Entry<String, byte[]> table : rows.entrySet()) {
                try {
                    copy(connection).copyIn("copy " + table.getKey() + " from stdin", new ByteArrayInputStream(table.getValue()));
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
            List<String> sequences = Sql.values(connection, SEQUENCES, String.class);
            for (String sequence : sequences) {
                Sql.run(connection, sequence);
            }
            return null;
        });
    }

    private static CopyManager copy(Connection connection) throws SQLException {
        return connection.unwrap(PGConnection.class).getCopyAPI();
    }
}
