/**
 * Measurements, run by hand: main classes over the packaged service and a real PostgreSQL. What they print are figures of the machine they run on;
 * only ratios within one run mean anything.
 *
 * <pre>
 * ./mvnw package -DskipTests
 * java -cp "target/test-classes:target/quarkus-app/lib/main/*" dev.parley.bench.IdleSubscriptions
 * </pre>
 */
package dev.parley.bench;
