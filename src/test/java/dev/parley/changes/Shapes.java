package dev.parley.changes;

import dev.parley.testing.Sql;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** Tables' shapes for tests, read from the database's catalogue without watching anything. */
final class Shapes {

    private static final String COLUMNS = """
            select a.attname, t.typname, format('%I.%I', n.nspname, t.typname),
              case when a.attcollation <> t.typcollation then format('%I.%I', cn.nspname, c.collname) end, coalesce(c.collisdeterministic, true)
            from pg_attribute a
              join pg_type t on t.oid = a.atttypid
              join pg_namespace n on n.oid = t.typnamespace
              left join pg_collation c on c.oid = a.attcollation
              left join pg_namespace cn on cn.oid = c.collnamespace
            where a.attrelid = ?::text::regclass and a.attnum > 0 and not a.attisdropped
            order by a.attnum
            """;

    private Shapes() {
    }

    static Table of(Sql sql, String schema, String name) {
        return sql.with(connection -> of(connection, schema, name));
    }

    private static Table of(Connection connection, String schema, String name) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(COLUMNS)) {
            statement.setString(1, '"' + schema + "\".\"" + name + '"');
            ResultSet rows = statement.executeQuery();
            List<Column> columns = new ArrayList<>();
            while (rows.next()) {
                columns.add(new Column(rows.getString(1), rows.getString(2), rows.getString(3), rows.getString(4), rows.getBoolean(5)));
            }
            return new Table(schema, name, columns, List.of(), List.of(), false);
        }
    }
}
