package dev.parley.nativeimage;

import com.oracle.svm.core.annotate.Alias;
import com.oracle.svm.core.annotate.Substitute;
import com.oracle.svm.core.annotate.TargetClass;
import io.quarkus.smallrye.openapi.OpenApiFilter.RunStage;
import io.quarkus.smallrye.openapi.runtime.OpenApiDocumentHolder;
import io.quarkus.smallrye.openapi.runtime.OpenApiDocumentService;
import io.quarkus.smallrye.openapi.runtime.OpenApiRecorder;
import io.quarkus.smallrye.openapi.runtime.filter.AutoSecurityFilter;
import io.smallrye.openapi.runtime.io.Format;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.Queue;

/**
 * The OpenAPI document is made when somebody asks for it, on the worker thread that answers: Quarkus takes it apart and writes it anew at each start, which
 * was a seventh of it.
 */
@TargetClass(OpenApiRecorder.class)
final class OpenApiOnDemand {

    @Substitute
    public void prepareDocument(AutoSecurityFilter security, Map<RunStage, List<String>> filters, String name) {
        Document.PUT_OFF.add(new Document(security, filters, name));
    }

    /** What the start asked to be prepared; on the main thread until the service is up. */
    record Document(AutoSecurityFilter security, Map<RunStage, List<String>> filters, String name) {

        static final Queue<Document> PUT_OFF = new ArrayDeque<>();
    }

    @TargetClass(OpenApiDocumentService.class)
    static final class Service {

        @Alias
        private static OpenApiDocumentHolder EMPTY_DOCUMENT;
        @Alias
        private Map<String, OpenApiDocumentHolder> documentHolders;

        @Alias
        native void prepareDocument(AutoSecurityFilter security, Map<RunStage, List<String>> filters, String name);

        @Substitute
        public byte[] getDocument(String name, Format format) {
            OpenApiDocumentHolder holder;
            synchronized (Document.PUT_OFF) {
                while (!Document.PUT_OFF.isEmpty()) {
                    Document next = Document.PUT_OFF.peek();
                    prepareDocument(next.security(), next.filters(), next.name());
                    Document.PUT_OFF.remove();
                }
                holder = documentHolders.getOrDefault(name, EMPTY_DOCUMENT);
            }
            return format == Format.JSON ? holder.getJsonDocument() : holder.getYamlDocument();
        }
    }
}
