package dev.parley.page;

import dev.parley.conversation.ErrorCode;
import dev.parley.conversation.Problem;
import dev.parley.conversation.RootPath;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** With {@code parley.chat=off} there are no chat tables of ours: what is made on them is not there either. */
@ApplicationScoped
class WithoutChat {

    private static final int BEFORE_EVERYTHING_ELSE = 300;
    private static final Problem REFUSAL = Problem.of(ErrorCode.NOT_FOUND, "parley.chat is off");

    private final boolean chat;
    private final String root;

    WithoutChat(@ConfigProperty(name = "parley.chat", defaultValue = "on") boolean chat,
            RootPath root) {
        this.chat = chat;
        this.root = root.base() + "/";
    }

    void register(@Observes Filters filters) {
        if (!chat) {
            filters.register(this::refuse, BEFORE_EVERYTHING_ELSE);
        }
    }

    private void refuse(RoutingContext context) {
        String path = context.normalizedPath();
        String name = path == null || !path.startsWith(root) ? "" : path.substring(root.length());
        if (name.isEmpty() || name.equals("admin") || name.startsWith("admin/") || name.endsWith(".html") || name.startsWith("static/")
                || name.startsWith("ws/") || name.startsWith("api/conversations")) {
            REFUSAL.answer(context.response());
        } else {
            context.next();
        }
    }
}
