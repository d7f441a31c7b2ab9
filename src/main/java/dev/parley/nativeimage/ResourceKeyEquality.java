package dev.parley.nativeimage;

import com.oracle.svm.core.annotate.Alias;
import com.oracle.svm.core.annotate.Substitute;
import com.oracle.svm.core.annotate.TargetClass;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * By this key the native executable finds its resources, and each {@code ServiceLoader} asks for one in every module. It is a record, and where the builder
 * leaves the equality of records to method handles that are interpreted, one comparison takes 25 µs or more: a quarter of a start went into them.
 * The hash stays as it is: the map comes from the build.
 */
@TargetClass(className = ResourceKeyEquality.IsAsKnown.KEY, onlyWith = ResourceKeyEquality.IsAsKnown.class)
final class ResourceKeyEquality {

    @Alias
    private Module module;
    @Alias
    private String resource;

    @Override
    @Substitute
    public boolean equals(Object other) {
        return other instanceof ResourceKeyEquality && ((ResourceKeyEquality) other).module == module && ((ResourceKeyEquality) other).resource.equals(resource);
    }

    /** Another version of the builder may have another key: it then keeps its own equality. */
    static final class IsAsKnown implements BooleanSupplier {

        static final String KEY = "com.oracle.svm.core.jdk.Resources$ModuleInstanceResourceKey";

        @Override
        public boolean getAsBoolean() {
            try {
                RecordComponent[] components = Class.forName(KEY, false, IsAsKnown.class.getClassLoader()).getRecordComponents();
                return components != null && Arrays.stream(components).map(each -> each.getType().getName() + " " + each.getName()).toList()
                        .equals(List.of("java.lang.Module module", "java.lang.String resource"));
            } catch (ClassNotFoundException e) {
                return false;
            }
        }
    }
}
