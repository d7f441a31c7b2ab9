package dev.parley.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** A network cable, between browser and service or service and database, that can be cut, or go silent while both ends believe that it is there. */
public final class Cable implements AutoCloseable {

    private final ServerSocket door;
    private volatile int target;
    private final Set<Socket> ends = ConcurrentHashMap.newKeySet();
    private final Set<Socket> silent = ConcurrentHashMap.newKeySet();
    private volatile boolean cut;

    public Cable(int target) {
        this.target = target;
        try {
            door = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        daemon(this::accept);
    }

    public String address(String path) {
        return "http://127.0.0.1:" + port() + path;
    }

    /** Where its near end is, on the loopback interface. */
    public int port() {
        return door.getLocalPort();
    }

    /** Every connection breaks, and new ones break at once. */
    public void cut() {
        cut = true;
        ends.forEach(Cable::shut);
    }

    /** What is open stays open but carries nothing any more, as when a laptop changes its network; new connections work. */
    public void silence() {
        Set<Socket> now = Set.copyOf(ends);
        ends.removeAll(now);
        silent.addAll(now);
    }

    public void mend() {
        cut = false;
    }

    /** New connections lead elsewhere; what is open stays. */
    public void leadTo(int otherTarget) {
        target = otherTarget;
    }

    private void accept() {
        while (!door.isClosed()) {
            try {
                Socket near = door.accept();
                if (cut) {
                    shut(near);
                    continue;
                }
                connect(near);
            } catch (IOException e) {
                // this end is away
            }
        }
    }

    private void connect(Socket near) {
        try {
            Socket far = new Socket(InetAddress.getLoopbackAddress(), target);
            ends.add(near);
            ends.add(far);
            daemon(() -> carry(near, far));
            daemon(() -> carry(far, near));
        } catch (IOException e) {
            shut(near); // the other end is away: whoever came tries again
        }
    }

    private void carry(Socket from, Socket to) {
        byte[] buffer = new byte[16_384];
        try (from; to) {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                if (!silent.contains(from)) {
                    out.write(buffer, 0, read);
                }
            }
        } catch (IOException e) {
            // one end is gone: the other follows
        } finally {
            ends.remove(from);
            ends.remove(to);
        }
    }

    private static void shut(Socket socket) {
        try {
            socket.setSoLinger(true, 0);
            socket.close();
        } catch (IOException e) {
            // closed already
        }
    }

    private static void daemon(Runnable work) {
        Thread thread = new Thread(work, "cable");
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void close() {
        cut();
        silent.forEach(Cable::shut);
        try {
            door.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
