package dev.parley.database;

import java.io.IOException;
import org.jboss.logging.Logger;

/**
 * What files hold, as of when they were last read and could be used. Files that can't be used, as amid a renewal, leave in force what was read before. Any thread.
 */
final class LastRead<T> {

    private static final Logger LOG = Logger.getLogger(LastRead.class);

    /** Reads the files, which may block; fails when they can't be used. */
    interface Reader<T> {
        T read() throws Exception;
    }

    private final String files;
    private final Reader<T> reader;
    private final Outage outage = new Outage(line -> LOG.warn(line), System::nanoTime);
    private volatile T usable;

    /** @param files their names, for the log */
    LastRead(String files, Reader<T> reader) {
        this.files = files;
        this.reader = reader;
    }

    /** Reads again; fails when the files can't be used and never could. One after the other, so that what is older never comes last. */
    synchronized void read() throws IOException {
        try {
            usable = reader.read();
        } catch (Exception e) {
            String problem = files + " can't be used for connections to PostgreSQL (" + reason(e) + ")";
            if (usable == null) {
                throw new IOException(problem, e);
            }
            outage.goesOn(problem + ": what was read before stays in use");
            return;
        }
        if (outage.ends()) {
            LOG.infof("%s can be used again", files);
        }
    }

    /** Once {@link #read} has succeeded. */
    T get() {
        return usable;
    }

    /** The outer ones say that there was one. */
    private static String reason(Throwable failure) {
        Throwable root = failure;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return root.getClass().getSimpleName() + ": " + root.getMessage();
    }
}
