package dev.parley.database.embedded;

import dev.parley.database.DatabaseSetupException;
import dev.parley.database.EmbeddedServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.Optional;
import org.jboss.logging.Logger;

/** Starts a PostgreSQL server in a data folder and stops it again. */
public final class LocalPostgres implements EmbeddedServer.Starter {

    private static final Logger LOG = Logger.getLogger(LocalPostgres.class);
    /** Another process may take a free port between the moment it is found and the moment the server binds it. */
    private static final int PORT_ATTEMPTS = 3;

    @Override
    public EmbeddedServer start(EmbeddedServer.Options options) {
        DataFolder folder = DataFolder.claim(options.data());
        try {
            ServerAccount account = ServerAccount.current();
            ServerBinaries binaries = ServerBinaries.unpackedBeside(folder.path());
            ServerTools tools = new ServerTools(binaries, account, folder);
            stopLeftover(folder, tools);
            folder.prepare(binaries, account, tools);
            int port = startServer(options, folder, tools);
            return new Running(port, binaries.version(), options.durable(), folder, tools);
        } catch (IOException e) {
            folder.release();
            throw new DatabaseSetupException("Embedded PostgreSQL can't use " + folder.path() + ": " + e, e);
        } catch (RuntimeException e) {
            folder.release();
            throw e;
        }
    }

    private static void stopLeftover(DataFolder folder, ServerTools tools) throws IOException {
        Optional<Postmaster> postmaster = folder.postmaster();
        if (postmaster.isEmpty()) {
            return;
        }
        if (postmaster.get().isRunning()) {
            LOG.infof("A killed service left its PostgreSQL (process %d) behind in %s: stopping it",
                    postmaster.get().pid(), folder.path());
            tools.stop();
        } else {
            // Its process id may belong to anybody by now, which would make the new server refuse to start
            folder.forgetPostmaster();
        }
    }

    private static int startServer(EmbeddedServer.Options options, DataFolder folder, ServerTools tools)
            throws IOException {
        for (int attempt = 1; ; attempt++) {
            int port = options.port() != 0 ? options.port() : freePort();
            folder.configure(port, options.durable());
            try {
                tools.start();
                return port;
            } catch (DatabaseSetupException e) {
                if (options.port() != 0 || attempt == PORT_ATTEMPTS) {
                    throw e;
                }
            }
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private record Running(int port, String version, boolean durable, DataFolder folder, ServerTools tools)
            implements EmbeddedServer {

        @Override
        public void close() {
            if (!folder.isClaimed()) {
                return;
            }
            try {
                tools.stop();
                if (!durable) {
                    folder.delete();
                }
            } catch (IOException | DatabaseSetupException e) {
                LOG.warnf("Embedded PostgreSQL in %s did not stop in order: %s", folder.path(), e.getMessage());
            } finally {
                folder.release();
            }
        }
    }
}
