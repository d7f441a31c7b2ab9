package dev.parley.stream;

import dev.parley.changes.Catalog;
import dev.parley.changes.Table;
import io.vertx.core.Future;
import java.util.List;

/** Gives changes the shapes of their tables; looks again when a row does not go with what is known of its table. */
final class Shapes {

    private Shapes() {
    }

    /** @return at once when all go with what is known; never fails: what is known must then do */
    static Future<Void> give(Catalog catalog, List<TableChange> changes) {
        boolean known = true;
        for (TableChange change : changes) {
            Table shape = catalog.table(change.change().schema(), change.change().table());
            change.shape(shape);
            known &= change.fits(shape);
        }
        if (known) {
            return Future.succeededFuture();
        }
        return catalog.refresh().otherwiseEmpty().map(again -> {
            for (TableChange change : changes) {
                change.shape(catalog.table(change.change().schema(), change.change().table()));
            }
            return null;
        });
    }
}
