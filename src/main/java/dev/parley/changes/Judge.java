package dev.parley.changes;

import io.vertx.core.Future;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.BitSet;
import java.util.List;

/** Has PostgreSQL decide what only PostgreSQL can: all rows of a page against all filters of a table in one statement. */
@ApplicationScoped
public class Judge {

    /**
     * @param filters that answered {@link RowFilter.Verdict#ASK}
     * @param rows    of that table
     * @return for each filter the rows that match, on any thread; fails when the database can't be asked (try again) or with {@link FilterException}
     *         when the table's shape no longer goes with a filter
     */
    public Future<List<BitSet>> judge(Table table, List<RowFilter> filters, List<Row> rows) {
        throw new UnsupportedOperationException();
    }
}
