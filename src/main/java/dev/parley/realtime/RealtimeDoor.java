package dev.parley.realtime;

import dev.parley.access.Caller;
import dev.parley.access.Credentials;
import dev.parley.access.CredentialsException;
import dev.parley.conversation.RootPath;
import dev.parley.transport.SocketChannel;
import dev.parley.transport.UpgradeHeaders;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.quarkus.websockets.next.HttpUpgradeCheck;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.Set;

/**
 * Who may connect: a good key and a version that is spoken here. A refusal is held back for a while, since clients try again for ever, and says in its body
 * why; an upgrade check can't answer with a body, so a filter in front of it does.
 */
@ApplicationScoped
public class RealtimeDoor implements HttpUpgradeCheck {

    private static final int BEFORE_SOCKETS = 200;
    private static final int UNAUTHORIZED = 401;
    private static final int FORBIDDEN = 403;

    private final Credentials credentials;
    private final RealtimeSettings settings;
    private final Vertx vertx;
    private final Set<String> paths;

    RealtimeDoor(Credentials credentials, RealtimeSettings settings, Vertx vertx,
            RootPath root) {
        this.credentials = credentials;
        this.settings = settings;
        this.vertx = vertx;
        this.paths = Set.of(root.base() + "/realtime/v1/websocket", root.base() + "/socket/websocket");
    }

    void register(@Observes Filters filters) {
        filters.register(this::refuse, BEFORE_SOCKETS);
    }

    private void refuse(RoutingContext context) {
        // the WebSocket extension goes by the key too: not by Upgrade, which may come twice
        if (!paths.contains(path(context)) || !context.request().headers().contains(HttpHeaderNames.SEC_WEBSOCKET_KEY)) {
            context.next();
            return;
        }
        context.request().pause();
        if (isBroken(context.request())) {
            refuse(context, UNAUTHORIZED, "The token provided is not a valid JWT");
            return;
        }
        if (Vsn.of(context.request().getParam("vsn")) == null) {
            refuse(context, FORBIDDEN, "Unsupported version: use vsn=1.0.0 or vsn=2.0.0");
            return;
        }
        Context loop = vertx.getOrCreateContext();
        check(context.request()).subscribe().with(caller -> loop.runOnContext(ignored -> {
            context.request().resume();
            context.next();
        }), failure -> loop.runOnContext(ignored -> refuse(context, UNAUTHORIZED, text(failure))));
    }

    /** As the router goes by it, whichever way it was written. */
    private static String path(RoutingContext context) {
        String path = context.normalizedPath();
        return path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
    }

    /** Whether the query can't be read: not each percent sign is followed by two digits. */
    private static boolean isBroken(HttpServerRequest request) {
        try {
            request.params();
            return false;
        } catch (IllegalArgumentException e) {
            return true;
        }
    }

    private void refuse(RoutingContext context, int status, String error) {
        vertx.setTimer(Math.max(1, settings.refusalDelay.toMillis()), tick -> {
            if (!context.response().closed()) {
                context.request().resume();
                context.response().setStatusCode(status).putHeader("Content-Type", "application/json").end("{\"error\":" + RawJson.quote(error) + "}");
            }
        });
    }

    private static String text(Throwable failure) {
        if (failure instanceof CredentialsException known) {
            return known.kind() == CredentialsException.Kind.EXPIRED ? "Token has expired" : known.getMessage();
        }
        return "Error connecting to Realtime";
    }

    /** The key that a gateway in front put in wins. */
    private Uni<Caller> check(HttpServerRequest request) {
        String injected = request.getHeader("x-api-key");
        return credentials.check(injected != null ? injected : request.getParam("apikey"));
    }

    @Override
    public boolean appliesTo(String endpointId) {
        return endpointId.equals(RealtimeSocket.class.getName()) || endpointId.equals(BareRealtimeSocket.class.getName());
    }

    @Override
    public Uni<CheckResult> perform(HttpUpgradeContext context) {
        Vsn vsn = Vsn.of(context.httpRequest().getParam("vsn"));
        if (vsn == null) {
            return CheckResult.rejectUpgrade(FORBIDDEN);
        }
        return check(context.httpRequest()).flatMap(caller -> {
            context.userData().put(RealtimeRequest.KEY, new RealtimeRequest(SocketChannel.of(context), vsn, caller));
            UpgradeHeaders.remember(context);
            return CheckResult.permitUpgrade();
        }).onFailure(CredentialsException.class).recoverWithUni(failure -> CheckResult.rejectUpgrade(UNAUTHORIZED));
    }
}
