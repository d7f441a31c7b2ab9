package dev.parley.conversation;

import dev.parley.database.Database;
import io.quarkus.runtime.StartupEvent;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Instance;
import java.util.function.Supplier;
import org.hibernate.reactive.mutiny.Mutiny.SessionFactory;
import org.jboss.logging.Logger;

/**
 * Hibernate's own start: in a native executable it is left out of the service's, of which it was a fifth, and made up for as soon as that is ready, on a worker
 * thread. In a JVM it is through by then.
 */
@ApplicationScoped
class Persistence {

    private static final Logger LOG = Logger.getLogger(Persistence.class);

    private final Database database;
    private final Uni<Boolean> made;
    private volatile boolean isMade;

    Persistence(Vertx vertx, Database database, Instance<SessionFactory> sessions) {
        this.database = database;
        this.made = Uni.createFrom().completionStage(() -> vertx.executeBlocking(() -> isMade = sessions.get().isOpen(), false).toCompletionStage())
                .memoize().until(() -> !isMade);
    }

    void start(@Observes StartupEvent event) {
        database.settled().chain(settled -> made).subscribe().with(ignored -> { }, failure -> LOG.error("conversations can't be stored", failure));
    }

    /** Does something that needs it, at once if it is there. On a Vert.x context, where it answers. */
    <T> Uni<T> whenMade(Supplier<Uni<T>> work) {
        if (isMade) {
            return work.get();
        }
        Context caller = Vertx.currentContext();
        return made.emitOn(answer -> caller.runOnContext(ignored -> answer.run())).flatMap(ignored -> work.get());
    }
}
