package dev.parley.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;

/** One run of the load generator against one server: a command line under construction. */
final class Load {

    private static final String PROGRAM = Commands.HOME.resolve("wsload").toString();
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final long LIMIT_S = 240;

    private final Collection<Server> servers;
    private final Tally tally;
    private final List<String> command = new ArrayList<>();

    /** @param core of the load generator, or negative for any */
    Load(Tally tally, Server server, int core) {
        this(tally, List.of(server), core);
    }

    /** Clients and connections take the servers in turn. */
    Load(Tally tally, Collection<Server> servers, int core) {
        this.tally = tally;
        this.servers = servers;
        command.addAll(Parley.pinned(core, List.of(PROGRAM, "--port", servers.stream().map(each -> String.valueOf(each.port())).collect(Collectors.joining(",")))));
    }

    /** The options of {@code wsload}, see its help. */
    Load with(Object... options) {
        for (Object option : options) {
            command.add(option.toString());
        }
        return this;
    }

    /** The same command line, to be continued in another way. */
    Load copy() {
        Load copy = new Load(tally, servers, -1);
        copy.command.clear();
        copy.command.addAll(command);
        return copy;
    }

    /** Runs it and counts what was lost, doubled or disordered. */
    Figures run() {
        Duration before = processorTime();
        Process process = Commands.pipe("wsload", command);
        String output = read(process);
        int exit = Commands.await(process, LIMIT_S, command);
        return figures(output, exit, processorTime().minus(before));
    }

    /** Opens the readers and keeps them: sends nothing. */
    Held hold() {
        List<String> holding = new ArrayList<>(command);
        holding.add("--hold");
        Process process = Commands.pipe("wsload", holding);
        BufferedReader reader = process.inputReader(StandardCharsets.UTF_8);
        try {
            if (!"ready".equals(reader.readLine())) {
                throw failed(Commands.await(process, LIMIT_S, command));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new Held(process, reader);
    }

    private Figures figures(String output, int exit, Duration processor) {
        if (exit > 1 || output == null || output.isBlank()) {
            throw failed(exit);
        }
        try {
            ObjectNode json = (ObjectNode) JSON.readTree(output);
            json.put("server_cpu_us", processor.toNanos() / 1000);
            Figures figures = new Figures(json);
            tally.count(server(), figures);
            return figures;
        } catch (JsonProcessingException e) {
            throw new BenchException("wsload says " + output);
        }
    }

    private BenchException failed(int exit) {
        return new BenchException("wsload against " + server() + " ended with " + exit + ", see target/bench/logs/wsload.log: " + String.join(" ", command));
    }

    private String server() {
        return servers.iterator().next().name();
    }

    private Duration processorTime() {
        return servers.stream().map(Server::processorTime).reduce(Duration.ZERO, Duration::plus);
    }

    private static String read(Process process) {
        try (BufferedReader reader = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            return reader.lines().collect(Collectors.joining("\n"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Open readers. */
    final class Held implements AutoCloseable {

        private final Process process;
        private final BufferedReader reader;
        private final Duration before = processorTime();

        private Held(Process process, BufferedReader reader) {
            this.process = process;
            this.reader = reader;
        }

        /** Waits until so many deliveries have come, or a minute, and closes the readers. */
        Figures expect(long deliveries) {
            try {
                process.getOutputStream().write(("expect " + deliveries + "\n").getBytes(StandardCharsets.US_ASCII));
                process.getOutputStream().flush();
                String output = reader.readLine();
                return figures(output, Commands.await(process, LIMIT_S, command), processorTime().minus(before));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public void close() {
            Commands.kill(process);
        }
    }
}
