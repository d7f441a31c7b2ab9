package dev.parley.conversation;

import jakarta.inject.Singleton;
import jakarta.ws.rs.HttpMethod;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerResponseContext;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response.Status;
import java.util.List;
import org.jboss.resteasy.reactive.server.ServerResponseFilter;

/**
 * Says which methods a path has. REST itself says so only to who asks by {@code OPTIONS}, and then all that any path of the same class has; a 405 must say so too
 * (RFC 9110, 15.5.6).
 */
@Singleton
class AllowedMethods {

    /** By the segments of the path: {@code /api/conversations}, {@code …/{id}}, {@code …/{id}/messages}. */
    private static final List<String> METHODS = List.of("GET, HEAD, OPTIONS, POST", "GET, HEAD, OPTIONS, PATCH", "GET, HEAD, OPTIONS, POST");
    private static final int SHORTEST = 2;

    @ServerResponseFilter
    void tell(ContainerRequestContext request, ContainerResponseContext response) {
        if (response.getStatus() != Status.METHOD_NOT_ALLOWED.getStatusCode() && !HttpMethod.OPTIONS.equals(request.getMethod())) {
            return;
        }
        // a slash at the end is no segment of its own
        int path = (int) request.getUriInfo().getPathSegments().stream().filter(segment -> !segment.getPath().isEmpty()).count() - SHORTEST;
        if (path >= 0 && path < METHODS.size() && response.getStatus() != Status.NOT_FOUND.getStatusCode()) {
            response.getHeaders().putSingle(HttpHeaders.ALLOW, METHODS.get(path));
        }
    }
}
