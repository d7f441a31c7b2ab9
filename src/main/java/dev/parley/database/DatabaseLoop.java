package dev.parley.database;

import io.vertx.core.Context;
import io.vertx.core.Vertx;
import jakarta.enterprise.context.ApplicationScoped;

/**
 * The event loop of those who talk to the database all the time. What one of them stores another reads at once, with no other thread to be woken in between.
 */
@ApplicationScoped
public class DatabaseLoop {

    private final Context context;

    public DatabaseLoop(Vertx vertx) {
        this.context = vertx.getOrCreateContext();
    }

    public Context context() {
        return context;
    }
}
