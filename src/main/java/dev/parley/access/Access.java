package dev.parley.access;

import io.quarkus.runtime.StartupEvent;
import io.quarkus.runtime.configuration.ConfigUtils;
import io.quarkus.runtime.configuration.ConfigurationException;
import io.smallrye.mutiny.Uni;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpServerRequest;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.UUID;
import org.jboss.logging.Logger;

/**
 * The one rule: every door (REST, socket upgrade, frame) asks here and nowhere else.
 *
 * <p>All methods may be called on any thread and never block. With {@code parley.access=open} each answer is yes,
 * but for private channels, where the database's own policies decide.
 */
@ApplicationScoped
public class Access {

    private static final Logger LOG = Logger.getLogger(Access.class);
    private static final Uni<Boolean> YES = Uni.createFrom().item(true);
    private static final Uni<Identity> ANONYMOUS = Uni.createFrom().item(Identity.ANONYMOUS);
    private static final Uni<ChannelRights> EVERYTHING = Uni.createFrom().item(ChannelRights.ALL);

    private final AccessConfig config;
    private final ChannelPolicies policies;

    Access(AccessConfig config, ChannelPolicies policies) {
        this.config = config;
        this.policies = policies;
    }

    void start(@Observes StartupEvent event) {
        if (config.mode() == AccessConfig.Mode.GUARDED) {
            throw new ConfigurationException("parley.access=guarded is not available in this version: only parley.access=open is");
        }
        if (ConfigUtils.isProfileActive("prod")) {
            LOG.warn("parley.access=open: everybody who reaches this service may read and write everything, under any name");
        }
    }

    /**
     * Who makes this request; asked once for a REST request and once for a socket, at its upgrade.
     * With open access the query's {@code sender_id} and {@code sender_role} say so.
     *
     * @return the identity; a failure means that the request brought credentials that do not hold
     */
    public Uni<Identity> identify(HttpServerRequest request) {
        if (request.query() == null) {
            return ANONYMOUS;
        }
        MultiMap query = request.params();
        return Uni.createFrom().item(speaksAs(Identity.ANONYMOUS, query.get("sender_id"), query.get("sender_role")));
    }

    /**
     * Under which name somebody speaks who asks for one.
     *
     * @param identity      who it is
     * @param requestedId   the {@code sender_id} in the body or frame, or null
     * @param requestedRole the {@code sender_role} in the body or frame, or null
     */
    public Identity speaksAs(Identity identity, String requestedId, String requestedRole) {
        if (requestedId == null && requestedRole == null) {
            return identity;
        }
        return new Identity(
                requestedId == null ? identity.senderId() : requestedId,
                requestedRole == null ? identity.senderRole() : requestedRole);
    }

    /** Whether this identity may read the conversation and its messages. */
    public Uni<Boolean> mayRead(Identity identity, UUID conversationId) {
        return YES;
    }

    /** Whether this identity may send to the conversation, messages and typing alike. */
    public Uni<Boolean> maySend(Identity identity, UUID conversationId) {
        return YES;
    }

    /** Whether this identity may start a conversation for that customer, who may be null. */
    public Uni<Boolean> mayCreate(Identity identity, String customerId) {
        return YES;
    }

    /** Whether this identity may see all conversations, change them and read the global stream. */
    public Uni<Boolean> mayAdminister(Identity identity) {
        return YES;
    }

    /**
     * What this caller may do on a channel of the Supabase protocol.
     *
     * @param topic     the sub topic, without {@code realtime:}
     * @param isPrivate whether the database's policies decide; on a public channel everybody may do everything
     * @return the rights, on any thread; fails when the database can't be asked
     */
    public Uni<ChannelRights> mayJoin(Caller caller, String topic, boolean isPrivate) {
        return isPrivate ? policies.rights(caller, topic, true) : EVERYTHING;
    }

    /** The same of a private channel for somebody who could not do there what he does now: what was answered a moment ago does not count. */
    public Uni<ChannelRights> mayByNow(Caller caller, String topic) {
        return policies.rights(caller, topic, false);
    }

    /** Whether {@link #mayJoin} of a private channel has its answer without a question to the database. */
    public boolean knowsWhetherMayJoin(Caller caller, String topic) {
        return policies.areKnown(caller, topic);
    }

    /** Whether this caller may follow the changes of a table. */
    public Uni<Boolean> mayWatch(Caller caller, String schema, String table) {
        return YES;
    }
}
