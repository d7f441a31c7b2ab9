package dev.parley.changes;

import io.vertx.core.Future;
import jakarta.enterprise.context.ApplicationScoped;

/** Turns the text of a subscription's filter into one that can be applied. */
@ApplicationScoped
public class Filters {

    /**
     * @param text the {@code filter} of a subscription, null or blank for none
     * @return the filter, at once when nothing has to be asked of the database; fails with {@link FilterException}
     */
    public Future<RowFilter> compile(Table table, String text) {
        throw new UnsupportedOperationException();
    }
}
