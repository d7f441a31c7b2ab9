package dev.parley.database;

import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import io.quarkus.test.common.TestResourceScope;
import io.quarkus.test.common.WithTestResource;
import io.smallrye.config.SmallRyeConfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.eclipse.microprofile.config.ConfigProvider;

/** Gives every {@code @QuarkusTest} what {@code Main} gives the service: the configured database, or one of its own. */
@WithTestResource(value = ThrowAwayDatabase.class, scope = TestResourceScope.GLOBAL)
public class ThrowAwayDatabase implements QuarkusTestResourceLifecycleManager {

    private EmbeddedServer server;

    @Override
    public Map<String, String> start() {
        return DatabaseSetup.configured(ConfigProvider.getConfig().unwrap(SmallRyeConfig.class)).orElseGet(() -> {
            server = DatabaseSetup.starter().orElseThrow().start(new EmbeddedServer.Options(freshFolder(), 0, false));
            return DatabaseSetup.settings(server);
        });
    }

    @Override
    public void stop() {
        if (server != null) {
            server.close();
        }
    }

    /** Below {@code target}, so that the unpacked programs beside it serve the next run too. */
    static Path freshFolder() {
        try {
            Path home = Files.createDirectories(Path.of("target", "test-postgres").toAbsolutePath());
            return Files.createTempDirectory(home, "data");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
