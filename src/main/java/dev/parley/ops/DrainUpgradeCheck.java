package dev.parley.ops;

import io.quarkus.websockets.next.HttpUpgradeCheck;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;

/** Sends whoever opens a socket while the service stops to another replica. */
@ApplicationScoped
class DrainUpgradeCheck implements HttpUpgradeCheck {

    private static final int SERVICE_UNAVAILABLE = 503;

    private final Drain drain;

    DrainUpgradeCheck(Drain drain) {
        this.drain = drain;
    }

    @Override
    public Uni<CheckResult> perform(HttpUpgradeContext context) {
        return drain.started() ? CheckResult.rejectUpgrade(SERVICE_UNAVAILABLE) : CheckResult.permitUpgrade();
    }
}
