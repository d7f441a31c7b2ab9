package dev.parley.changes;

import java.util.List;

/**
 * One condition of a filter as it was written.
 *
 * @param column  its name, not looked up yet
 * @param negated whether {@code not.} stood before the operator
 * @param values  one, or those of {@code in}: any number, nulls among them
 */
record Condition(String column, Operator operator, boolean negated, List<String> values) {
}
