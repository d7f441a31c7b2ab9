package dev.parley.changes;

import io.vertx.core.Future;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Collection;

/** The watched tables' shapes, read again now and then and whenever a row does not go with them. Any thread. */
@ApplicationScoped
public class Catalog {

    /** The shape as known now, or null when no such table is watched as far as is known. */
    public Table table(String schema, String name) {
        throw new UnsupportedOperationException();
    }

    /** All watched tables, as known now. */
    public Collection<Table> tables() {
        throw new UnsupportedOperationException();
    }

    /** Reads the shapes again now; calls that come while one runs share the next. Fails when the database can't be asked. */
    public Future<Void> refresh() {
        throw new UnsupportedOperationException();
    }
}
