package dev.parley.testing;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A TCP port that nobody listens on at the moment. It lies below those that systems give to outgoing connections, and the next one is another,
 * so that a server that is stopped for a while finds its port free when it comes back; each process begins at a place of its own.
 */
final class FreePort {

    private static final int FIRST = 12_000;
    private static final int COUNT = 20_000;
    private static final int STEP = 499;
    private static final AtomicInteger NEXT = new AtomicInteger((int) (ProcessHandle.current().pid() * STEP % COUNT));

    private FreePort() {
    }

    static int find() {
        for (int tries = 0; tries < COUNT; tries++) {
            int port = FIRST + NEXT.getAndIncrement() % COUNT;
            try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
                return socket.getLocalPort();
            } catch (IOException e) {
                // somebody's
            }
        }
        throw new IllegalStateException("no free port from " + FIRST + " on");
    }
}
