package dev.parley.testing;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/**
 * Reads a client's sockets, one after the other, each on a thread of its own until it ends or the client lets go of it.
 *
 * <p>Any thread may call; what comes is handed on on the reading thread.
 */
final class SocketReader {

    private final String name;
    private final Consumer<RawWebSocket.Received> taker;
    private final Consumer<RawWebSocket.Closed> atEnd;
    private final List<RawWebSocket.Closed> closes = new CopyOnWriteArrayList<>();
    private final Gate gate = new Gate();
    /** Held while something is taken note of, so that nothing is any more once the client has let go: what it knows decides where it goes on. */
    private final Object taking = new Object();
    private volatile RawWebSocket socket;
    private volatile boolean following;

    /**
     * @param name  for the threads
     * @param taker of what comes
     * @param atEnd called when a socket has ended that the client had not let go of
     */
    SocketReader(String name, Consumer<RawWebSocket.Received> taker, Consumer<RawWebSocket.Closed> atEnd) {
        this.name = name;
        this.taker = taker;
        this.atEnd = atEnd;
    }

    /**
     * From now on it is this socket; nothing comes of the one before any more, and of this one only once it has been {@link #start started}.
     *
     * @param first done before, while nothing comes
     */
    void follow(RawWebSocket opened, Runnable first) {
        synchronized (taking) {
            first.run();
            socket = opened;
            following = true;
        }
    }

    /** Begins to read a socket that it follows. */
    void start(RawWebSocket opened) {
        Thread reader = new Thread(() -> readAll(opened), name);
        reader.setDaemon(true);
        reader.start();
    }

    /** Breaks the connection without a word. */
    void letGo() {
        synchronized (taking) {
            following = false;
        }
        RawWebSocket open = socket;
        if (open != null) {
            open.close();
        }
        gate.open();
    }

    /** Stops reading: what the server sends piles up on its side. */
    void pause() {
        gate.shut();
    }

    void resume() {
        gate.open();
    }

    /** The last one, null before the first. */
    RawWebSocket socket() {
        return socket;
    }

    boolean isFollowing() {
        return following;
    }

    /** How the server ended connections, in order. */
    List<RawWebSocket.Closed> closes() {
        return closes;
    }

    private void readAll(RawWebSocket from) {
        while (true) {
            gate.pass();
            RawWebSocket.Received received = from.read();
            synchronized (taking) {
                if (from != socket || !following) {
                    return;
                }
                if (!(received instanceof RawWebSocket.Closed closed)) {
                    taker.accept(received);
                    continue;
                }
                closes.add(closed);
                following = false;
            }
            atEnd.accept((RawWebSocket.Closed) received);
            return;
        }
    }
}
