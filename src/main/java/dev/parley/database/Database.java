package dev.parley.database;

import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.infrastructure.Infrastructure;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** Whether the schema is in place. It is once in the life of a service, and stays so when the database goes away later. */
@ApplicationScoped
public class Database {

    private final CompletableFuture<Void> migrated = new CompletableFuture<>();
    private final CompletableFuture<Void> settled = new CompletableFuture<>();
    private volatile String problem = "the schema is being brought up to date";

    /**
     * Completes once the schema is in place, however long the database stays away; never fails. Any thread may
     * subscribe, any number of times; it calls back on the subscriber's thread when the schema is there already, else on
     * a worker thread.
     */
    public Uni<Void> migrated() {
        // a copy each: cancelling a subscription cancels the future below it
        return Uni.createFrom().completionStage(migrated::copy);
    }

    /**
     * Completes once what a service needs to be ready has had the database to itself: a start takes as long as PostgreSQL's processes, which look up all they need
     * to know first, and those that can wait would take the processors from the one that is waited for. For them. Never fails; calls back as {@link #migrated()}.
     */
    public Uni<Void> settled() {
        return Uni.createFrom().completionStage(settled::copy);
    }

    /** The service is ready, or has waited for that long enough. Any thread, any number of times. */
    public void settle() {
        if (!settled.isDone()) {
            settled.completeAsync(() -> null, Infrastructure.getDefaultExecutor());
        }
    }

    /** Whether {@link #migrated()} has completed; any thread. */
    public boolean ready() {
        return migrated.isDone();
    }

    /** Why it is not ready, for an operator to read; empty once it is. */
    public Optional<String> problem() {
        return ready() ? Optional.empty() : Optional.of(problem);
    }

    void inPlace() {
        migrated.complete(null);
    }

    void failed(String reason) {
        problem = reason;
    }
}
