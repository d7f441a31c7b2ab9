package dev.parley.nativeimage;

import com.oracle.svm.core.annotate.Substitute;
import com.oracle.svm.core.annotate.TargetClass;

/**
 * Hibernate is not made at the start, which would wait for it, but when somebody asks for it first: the service does, once it is ready. A fifth of a start
 * was Hibernate's.
 */
@TargetClass(className = "io.quarkus.hibernate.orm.runtime.JPAConfig")
final class PersistenceOnDemand {

    @Substitute
    void startAll() {
    }
}
