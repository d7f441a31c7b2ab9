package dev.parley.database;

import io.agroal.api.AgroalDataSource;
import io.quarkus.runtime.LaunchMode;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Instance;
import java.sql.SQLException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.flywaydb.core.Flyway;
import org.jboss.logging.Logger;

/**
 * Sees to it that the schema is in place, on a thread of its own: the service is up meanwhile and says why it is not ready. Where the schema says itself
 * that it is, nothing else is begun.
 */
@ApplicationScoped
class MigrationWorker {

    private static final Logger LOG = Logger.getLogger(MigrationWorker.class);
    private static final long FIRST_PAUSE_MILLIS = 250;
    private static final long LONGEST_PAUSE_MILLIS = 5_000;
    private static final long ANSWER_SECONDS = 3;

    private final Database database;
    private final FirstConnection first;
    private final Instance<AgroalDataSource> dataSource;
    private final Instance<Flyway> flyway;
    private final boolean chat;
    private final DatabaseProblem problem;
    private final Thread thread = new Thread(this::begin, "database migration");

    MigrationWorker(Database database, FirstConnection first, Instance<AgroalDataSource> dataSource, Instance<Flyway> flyway,
            @ConfigProperty(name = "parley.chat", defaultValue = "on") boolean chat,
            @ConfigProperty(name = DatabaseSetup.JDBC_URL) String url) {
        this.database = database;
        this.first = first;
        this.dataSource = dataSource;
        this.flyway = flyway;
        this.chat = chat;
        this.problem = DatabaseProblem.at(url);
        thread.setDaemon(true);
    }

    void start(@Observes StartupEvent event) {
        thread.start();
    }

    void stop(@Observes ShutdownEvent event) {
        thread.interrupt();
    }

    private void begin() {
        try {
            if (isCurrent()) {
                database.inPlace();
                LOG.infof("Database %s is ready", problem.address());
            } else if (!Thread.currentThread().isInterrupted()) {
                migrate(new Migration(dataSource.get(), flyway.get().getConfiguration(), chat));
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }

    /** Also false when the database does not answer: what is wrong with it, the migration finds out. */
    private boolean isCurrent() throws InterruptedException {
        if (LaunchMode.current() == LaunchMode.DEVELOPMENT) {
            return false; // a migration may be in the making
        }
        try {
            return first.findsSchema(chat).toCompletionStage().toCompletableFuture().get(ANSWER_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException stopped) {
            first.giveUp();
            throw stopped;
        } catch (ExecutionException | TimeoutException e) {
            first.giveUp();
            LOG.debug("The database does not say what schema it has", e);
            return false;
        }
    }

    private void migrate(Migration migration) throws InterruptedException {
        Outage outage = new Outage(line -> LOG.warn(line), System::nanoTime);
        long pause = FIRST_PAUSE_MILLIS;
        while (true) {
            try {
                String done = migration.run(waiting -> tell(outage, problem.named(waiting)));
                requireOwnSession(); // the reactive client may have been told another way to the database
                database.inPlace();
                LOG.infof("Database %s is ready: %s", problem.address(), done);
                return;
            } catch (SQLException | RuntimeException e) {
                tell(outage, problem.describe(e));
                LOG.debug("Migration failed", e);
            }
            TimeUnit.MILLISECONDS.sleep(pause / 2 + ThreadLocalRandom.current().nextLong(pause / 2 + 1));
            pause = Math.min(pause * 2, LONGEST_PAUSE_MILLIS);
        }
    }

    private void requireOwnSession() throws InterruptedException {
        try {
            first.requireOwnSession().toCompletionStage().toCompletableFuture().get(ANSWER_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw new DatabaseSetupException(e.getCause() == null ? "does not answer the reactive client" : e.getCause().getMessage(), e.getCause());
        }
    }

    private void tell(Outage outage, String reason) {
        database.failed(reason);
        outage.goesOn(reason);
    }
}
