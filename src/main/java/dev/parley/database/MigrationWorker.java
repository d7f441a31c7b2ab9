package dev.parley.database;

import io.agroal.api.AgroalDataSource;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.sql.SQLException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.flywaydb.core.Flyway;
import org.jboss.logging.Logger;

/** Migrates on a thread of its own, so that the service is up and says why it is not ready, until it has succeeded. */
@ApplicationScoped
class MigrationWorker {

    private static final Logger LOG = Logger.getLogger(MigrationWorker.class);
    private static final long FIRST_PAUSE_MILLIS = 250;
    private static final long LONGEST_PAUSE_MILLIS = 5_000;

    private final Database database;
    private final Migration migration;
    private final DatabaseProblem problem;
    private final Thread thread = new Thread(this::migrate, "database migration");

    MigrationWorker(Database database, AgroalDataSource dataSource, Flyway flyway,
            @ConfigProperty(name = "parley.chat", defaultValue = "on") boolean chat,
            @ConfigProperty(name = DatabaseSetup.JDBC_URL) String url) {
        this.database = database;
        this.migration = new Migration(dataSource, flyway.getConfiguration(), chat);
        this.problem = DatabaseProblem.at(url);
        thread.setDaemon(true);
    }

    void start(@Observes StartupEvent event) {
        thread.start();
    }

    void stop(@Observes ShutdownEvent event) {
        thread.interrupt();
    }

    private void migrate() {
        Outage outage = new Outage(line -> LOG.warn(line), System::nanoTime);
        long pause = FIRST_PAUSE_MILLIS;
        try {
            while (true) {
                try {
                    String done = migration.run(waiting -> tell(outage, problem.named(waiting)));
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
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }

    private void tell(Outage outage, String reason) {
        database.failed(reason);
        outage.goesOn(reason);
    }
}
