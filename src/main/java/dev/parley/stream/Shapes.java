package dev.parley.stream;

import dev.parley.changes.Catalog;
import dev.parley.changes.Catalog.Misfit;
import dev.parley.changes.Table;
import io.vertx.core.Future;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Gives changes the shapes of their tables; looks again when a row does not go with what is known of its table. */
final class Shapes {

    private Shapes() {
    }

    /** @return at once when all go with what is known, and soon in any case; never fails: what is known must then do */
    static Future<Void> give(Catalog catalog, List<TableChange> changes) {
        Set<Misfit> misfits = new HashSet<>();
        for (TableChange change : changes) {
            change.shape(shape(catalog, change));
            if (!change.fits()) {
                misfits.add(new Misfit(change.name().schema(), change.name().name(), change.columns()));
            }
        }
        if (misfits.isEmpty()) {
            return Future.succeededFuture();
        }
        return catalog.refreshFor(misfits).map(again -> {
            for (TableChange change : changes) {
                change.shape(shape(catalog, change));
            }
            return null;
        });
    }

    private static Table shape(Catalog catalog, TableChange change) {
        return catalog.table(change.name().schema(), change.name().name());
    }
}
