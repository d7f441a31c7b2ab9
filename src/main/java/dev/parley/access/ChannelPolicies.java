package dev.parley.access;

import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;

/** What the database's policies let a caller do on a private channel. Any thread; never blocks. */
@ApplicationScoped
public class ChannelPolicies {

    /**
     * @param topic the sub topic, without {@code realtime:}
     * @return the rights, on any thread; fails when the database can't be asked
     */
    public Uni<ChannelRights> rights(Caller caller, String topic) {
        throw new UnsupportedOperationException();
    }
}
