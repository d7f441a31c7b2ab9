package dev.parley;

import dev.parley.database.DatabaseSetup;
import dev.parley.database.DatabaseSetupException;
import io.quarkus.bootstrap.logging.InitialConfigurator;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.annotations.QuarkusMain;
import java.util.logging.Handler;
import org.jboss.logging.Logger;

/** Makes sure that there is a database to talk to, then runs the service until it is told to stop. */
@QuarkusMain
public class Main {

    public static void main(String... args) {
        try {
            DatabaseSetup.beforeStart();
        } catch (DatabaseSetupException e) {
            refuseToStart(e.getMessage());
            return;
        }
        Quarkus.run(args);
    }

    private static void refuseToStart(String why) {
        // Log records wait for Quarkus to configure the handlers, which it will not do any more
        InitialConfigurator.DELAYED_HANDLER.setHandlers(new Handler[] {InitialConfigurator.createDefaultHandler()});
        Logger.getLogger(Main.class).error(why);
        System.exit(1);
    }
}
