package dev.parley.realtime;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.parley.testing.Await;
import dev.parley.testing.ChangeBinding;
import dev.parley.testing.Instance;
import dev.parley.testing.Logs;
import dev.parley.testing.RealtimeClient;
import dev.parley.testing.RealtimeVersion;
import dev.parley.testing.TestPostgres;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A service told to stop sends its Supabase clients away with the code that upstream uses for a restart. */
class RealtimeDrainIT {

    private static final int SOCKETS = 200;

    @Test
    void everySocketIsClosedAsByARestart() throws Exception {
        try (TestPostgres database = TestPostgres.startMigrated(); Instance service = Instance.over(database).start()) {
            List<RealtimeClient> clients = new ArrayList<>();
            for (int i = 0; i < SOCKETS; i++) {
                RealtimeClient client = RealtimeClient.of(RealtimeVersion.values()[i % 2]).connect(service);
                clients.add(client);
                if (i % 3 > 0) { // the others have no channel
                    client.channel("c" + i).on(ChangeBinding.of("*", "public", "messages")).join().awaitJoined();
                }
            }
            service.stop();
            for (RealtimeClient client : clients) {
                Await.until(() -> !client.isConnected(), Duration.ofSeconds(10), "closed");
                assertEquals(1012, client.closes().get(0).code());
                assertEquals(List.of(), client.violations());
                client.close();
            }
            Logs.assertClean(service);
        }
    }
}
