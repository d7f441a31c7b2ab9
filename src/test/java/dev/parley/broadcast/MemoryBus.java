package dev.parley.broadcast;

import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;

/** A bus between replicas in one process, which loses what it is told to lose and nothing else. */
final class MemoryBus {

    private final List<Port> ports = new CopyOnWriteArrayList<>();
    private final Random random;
    private volatile double loss;

    MemoryBus(Random random) {
        this.random = random;
    }

    /** @param share of the lines that get lost, for each receiver apart */
    void lose(double share) {
        loss = share;
    }

    Port open() {
        Port port = new Port();
        ports.add(port);
        return port;
    }

    /** One replica's way to the others. */
    final class Port implements EphemeralBus, AutoCloseable {

        private final Map<String, Consumer<String>> subscribers = new ConcurrentHashMap<>();
        private final List<Runnable> connected = new CopyOnWriteArrayList<>();
        private final ExecutorService arrivals = Executors.newSingleThreadExecutor();

        @Override
        public void publish(String kind, String payload) {
            for (Port port : ports) {
                boolean lost;
                synchronized (random) {
                    lost = random.nextDouble() < loss;
                }
                if (port != this && ports.contains(this) && !lost) {
                    port.arrive(kind, payload);
                }
            }
        }

        private void arrive(String kind, String payload) {
            try {
                arrivals.execute(() -> arrived(kind, payload));
            } catch (RejectedExecutionException closed) {
                // between the look whether it is there and now
            }
        }

        private void arrived(String kind, String payload) {
            if (ports.contains(this) && subscribers.containsKey(kind)) {
                subscribers.get(kind).accept(payload);
            }
        }

        @Override
        public void subscribe(String kind, Consumer<String> payloads) {
            subscribers.put(kind, payloads);
        }

        @Override
        public void onConnected(Runnable action) {
            connected.add(action);
        }

        /** Tells those who wait for it that the bus is there. */
        void connect() {
            connected.forEach(Runnable::run);
        }

        @Override
        public boolean isConnected() {
            return ports.contains(this);
        }

        @Override
        public boolean reachesOthers() {
            return ports.size() > 1;
        }

        /** Nothing comes and nothing goes any more. */
        void cut() {
            ports.remove(this);
        }

        @Override
        public void close() {
            cut();
            arrivals.shutdown();
        }
    }
}
