package dev.parley.feed;

import io.vertx.sqlclient.Tuple;
import java.util.Collection;
import java.util.List;

/**
 * Which rows of the log a replay wants, so that most others need not travel.
 *
 * @param tables of schema and table
 * @param column a column that must have {@code value}, or null for any row of the tables
 * @param value  as {@code ->>} gives it
 */
public record LogSelection(List<Table> tables, String column, String value) {

    /** A table's name as it stands in the log. */
    public record Table(String schema, String name) {

        // written out: looked up for each change, and in a native executable a record's own may be a thousand times slower
        @Override
        public boolean equals(Object other) {
            return other instanceof Table table && table.name.equals(name) && table.schema.equals(schema);
        }

        @Override
        public int hashCode() {
            return 31 * schema.hashCode() + name.hashCode();
        }
    }

    /**
     * With the numbers of the four parameters that {@link #addTo} adds. Not every json that can be stored can be taken apart: escapes that stand for NUL or for
     * half of a character fail {@code ->>}, whatever key is asked for, and where the database's encoding is not UTF-8 also those for what is not ASCII. Such rows
     * are let through, for the reader to look at; a {@code case}, since no other order of tests holds in a plan.
     */
    static final String CONDITION = """
             and v.table_name = any($%2$d::text[]) and (v.schema_name, v.table_name) in (select t.schema_name, t.table_name from unnest($%1$d::text[], $%2$d::text[]) t (schema_name, table_name))
             and case
               when $%3$d::text is null then true
               when strpos(coalesce(v.record, v.old_record)::text, chr(92) || 'u') > 0
                 and coalesce(v.record, v.old_record)::text
                   ~ (chr(92) || chr(92) || 'u(0000|' || case getdatabaseencoding() when 'UTF8' then '[dD][89a-fA-F]' else '(?!00[0-7])' end || ')') then true
               else coalesce(v.record, v.old_record) ->> $%3$d::text = $%4$d::text
             end""";

    /** All rows of these tables. */
    static LogSelection of(Collection<Table> tables) {
        return new LogSelection(List.copyOf(tables), null, null);
    }

    void addTo(Tuple parameters) {
        parameters.addArrayOfString(tables.stream().map(Table::schema).toArray(String[]::new))
                .addArrayOfString(tables.stream().map(Table::name).toArray(String[]::new))
                .addString(column).addString(value);
    }
}
