package dev.parley.ops;

import dev.parley.database.Database;
import jakarta.enterprise.context.ApplicationScoped;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/** Ready once the schema is in place. Whether the database still answers later is the feed's to say. */
@Readiness
@ApplicationScoped
class DatabaseReadiness implements HealthCheck {

    private final Database database;

    DatabaseReadiness(Database database) {
        this.database = database;
    }

    @Override
    public HealthCheckResponse call() {
        return database.problem()
                .map(reason -> HealthCheckResponse.named("database").down().withData("reason", reason).build())
                .orElseGet(() -> HealthCheckResponse.named("database").up().build());
    }
}
