package dev.parley.nativeimage;

import com.oracle.svm.core.annotate.Substitute;
import com.oracle.svm.core.annotate.TargetClass;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import java.util.Map;

/** The WebSocket extension copies the headers of each upgrade request and keeps them with the socket, about a kB, for those who ask; here nobody does. */
@TargetClass(className = "io.quarkus.websockets.next.runtime.WebSocketConnectionImpl$HandshakeRequestImpl")
final class HandshakeWithoutHeaders {

    @Substitute
    static Map<String, List<String>> initHeaders(RoutingContext context) {
        return Map.of();
    }
}
