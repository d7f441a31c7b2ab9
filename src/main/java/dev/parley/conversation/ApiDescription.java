package dev.parley.conversation;

import jakarta.ws.rs.core.Application;
import org.eclipse.microprofile.openapi.annotations.OpenAPIDefinition;
import org.eclipse.microprofile.openapi.annotations.info.Info;

/** What the interface's description says at its top. */
@OpenAPIDefinition(info = @Info(title = "Parley", version = "0.1.0", description = """
        Realtime chat on your own PostgreSQL.

        Errors are `application/problem+json`; programs go by their `code`. A method that a path does not have is answered 405 with `Allow`. Only what is no \
        HTTP, as an address that is not encoded as a URI, is answered by a status alone. \
        In lists, an empty query parameter counts as absent. Lists are walked by passing `next` on. \
        Times are UTC with up to six digits of a second. Messages also arrive live by WebSocket: see the README."""))
public class ApiDescription extends Application {
}
