package dev.parley.changes;

import dev.parley.changes.RowFilter.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** A row's way through a filter: taking it apart, and the conditions that memory judges. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class FilterBenchmark {

    private static final String JSON = """
            {"id":"0192f5a0-7c1e-7d43-9f0a-2b6a4f1c8e11","conversation_id":"0192f5a0-1111-7aaa-8bbb-0123456789ab","seq":4711,"sender_id":"ada",\
            "sender_role":"customer","content":"Where is my order? It should have been here \\"yesterday\\".","created_at":"2026-11-22T10:00:00.123456+00:00","metadata":{}}""";
    private static final Table TABLE = new Table("public", "messages", List.of(column("id", "uuid"), column("conversation_id", "uuid"), column("seq", "int8"),
            column("sender_id", "text"), column("sender_role", "text"), column("content", "text"), column("created_at", "timestamptz"), column("metadata", "jsonb")),
            List.of("id"), List.of("id"), false);

    /** As a client writes it. */
    @Param({"conversation_id=eq.0192f5a0-1111-7aaa-8bbb-0123456789ab", "seq=gt.4000", "sender_role=in.(customer,admin),seq=lte.5000"})
    private String filter;

    private RowFilter compiled;
    private Row row;

    @Setup
    public void compile() {
        row = Row.parse(JSON);
        List<ColumnTest> tests = new ArrayList<>();
        for (Condition condition : FilterGrammar.parse(filter)) {
            Column column = TABLE.column(condition.column());
            List<Comparand> comparands = condition.values().stream().map(value -> new Comparand(value, value)).toList();
            tests.add(new ColumnTest(column, TABLE.columns().indexOf(column), condition, comparands, Comparison.of(column)));
        }
        compiled = new CompiledFilter(tests);
        if (compiled.test(row) != Verdict.MATCH) {
            throw new IllegalStateException(filter + " should let the row through");
        }
    }

    @Benchmark
    public Verdict test() {
        return compiled.test(row);
    }

    @Benchmark
    public Verdict parseAndTest() {
        return compiled.test(Row.parse(JSON));
    }

    private static Column column(String name, String type) {
        return new Column(name, type, "pg_catalog." + type);
    }
}
