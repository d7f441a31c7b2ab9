package dev.parley;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.parley.broadcast.Topic;
import dev.parley.changes.Column;
import dev.parley.changes.Projection;
import dev.parley.changes.Table;
import dev.parley.feed.Landmark;
import dev.parley.feed.LogSelection;
import dev.parley.feed.Position;
import dev.parley.feed.Snapshot;
import java.lang.reflect.Constructor;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Records that others can see and whose equality is written out, since in a native executable their own may be slow, must not forget a component. */
class WrittenOutEqualityTest {

    @ParameterizedTest
    @ValueSource(classes = {Topic.class, Column.class, Table.class, Projection.class, LogSelection.Table.class, Position.class})
    void twoAreEqualWhenAllComponentsAreAndDifferInEachOfThem(Class<? extends Record> type) throws Exception {
        Object[] values = Arrays.stream(type.getRecordComponents()).map(each -> value(each, false)).toArray();
        Record one = make(type, values);
        assertEquals(one, make(type, values.clone()));
        assertEquals(one.hashCode(), make(type, values.clone()).hashCode());
        assertNotEquals(one, new Object());
        for (int i = 0; i < values.length; i++) {
            RecordComponent component = type.getRecordComponents()[i];
            Object[] other = values.clone();
            other[i] = value(component, true);
            assertNotEquals(one, make(type, other), () -> "by " + component.getName());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"C", ""})
    void aColumnMayHaveNoCollation(String collation) {
        Column without = new Column("a", "text", "text");
        assertNull(without.collation());
        assertEquals(without, new Column("a", "text", "text"));
        assertNotEquals(without, new Column("a", "text", "text", collation, true));
        assertNotEquals(new Column("a", "text", "text", collation, true), without);
    }

    private static Record make(Class<? extends Record> type, Object[] values) throws ReflectiveOperationException {
        Constructor<? extends Record> constructor =
                type.getDeclaredConstructor(Arrays.stream(type.getRecordComponents()).map(RecordComponent::getType).toArray(Class<?>[]::new));
        constructor.setAccessible(true);
        return constructor.newInstance(values);
    }

    private static Object value(RecordComponent component, boolean other) {
        if (component.getType() == boolean.class) {
            return other;
        }
        if (component.getType() == long.class) {
            return other ? 2L : 1L;
        }
        if (component.getType() == int.class) {
            return other ? 2 : 1;
        }
        if (component.getType() == Snapshot.class) {
            return new Snapshot(other ? 8 : 7, new long[0]);
        }
        if (component.getType() == Landmark.class) {
            return other ? null : new Landmark(1, 2, 3);
        }
        if (component.getType() == List.class) {
            return other ? List.of() : List.of(component.getName());
        }
        if (component.getType() == Set.class) {
            return other ? Set.of() : Set.of(component.getName());
        }
        return other ? "other" : new String(component.getName()); // never the same object, and another one for each
    }
}
