package dev.parley.ops;

import dev.parley.conversation.WriterFigures;
import dev.parley.feed.Doorbell;
import dev.parley.feed.FeedFigures;
import dev.parley.feed.Tail;
import dev.parley.realtime.RealtimeFigures;
import dev.parley.stream.StreamFigures;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;

/** What an operator watches, as Prometheus reads it at {@code /q/metrics}; README.md lists the names. */
@ApplicationScoped
class Metrics {

    void register(@Observes StartupEvent event, MeterRegistry registry, Tail tail, FeedFigures feed, Doorbell doorbell, StreamFigures streams, WriterFigures writer, RealtimeFigures realtime) {
        Gauge.builder("parley.streams.open", streams, StreamFigures::open).description("Streams open now").register(registry);
        FunctionCounter.builder("parley.streams.deliveries", streams, StreamFigures::deliveries).description("Frames handed to readers").register(registry);
        FunctionCounter.builder("parley.streams.slow.readers", streams, StreamFigures::slowReaders)
                .description("Times that a reader was too slow and was sent to catch up from the database").register(registry);
        FunctionCounter.builder("parley.streams.resyncs", streams, StreamFigures::resyncs)
                .description("Times that a reader was told to begin anew").register(registry);

        // a gauge that can't be known is NaN, not the largest number there is
        Gauge.builder("parley.feed.lag.seconds", feed, f -> f.lag() == Long.MAX_VALUE ? Double.NaN : f.lag() / 1e9)
                .description("Time since the tail last knew that it had everything").register(registry);
        Gauge.builder("parley.feed.connected", tail, t -> t.isConnected() ? 1 : 0).description("Whether the tail is connected").register(registry);
        Gauge.builder("parley.feed.oldest.transaction.seconds", feed, f -> tail.isConnected() ? f.oldestTransaction() / 1e9 : Double.NaN)
                .description("For how long, at least, the oldest transaction that writes has been running").register(registry);
        Gauge.builder("parley.feed.doorbell.silent", doorbell, d -> d.isSilent() ? 1 : 0)
                .description("Whether other programs' commits do not ring now, because they would have to queue up").register(registry);
        FunctionCounter.builder("parley.feed.reads", feed, FeedFigures::reads).description("Pages of the change log read by the tail").register(registry);
        FunctionCounter.builder("parley.feed.steps", feed, FeedFigures::steps).description("Own transactions delivered without being read").register(registry);

        FunctionCounter.builder("parley.writer.messages", writer, WriterFigures::messages).description("Messages stored").register(registry);
        FunctionCounter.builder("parley.writer.repeats", writer, WriterFigures::repeats).description("Batches tried again").register(registry);
        DistributionSummary sizes = DistributionSummary.builder("parley.writer.batch.size").description("Messages in one transaction").register(registry);
        writer.onBatch(sizes::record);

        Gauge.builder("parley.realtime.sockets", realtime, RealtimeFigures::sockets).description("Supabase sockets open now").register(registry);
        Gauge.builder("parley.realtime.channels", realtime, RealtimeFigures::channels).description("Channels joined now").register(registry);
        FunctionCounter.builder("parley.realtime.refused.joins", realtime, RealtimeFigures::refusedJoins).description("Joins refused").register(registry);
        FunctionCounter.builder("parley.realtime.broadcasts", realtime, RealtimeFigures::broadcasts).description("Broadcasts that clients sent").register(registry);
        FunctionCounter.builder("parley.realtime.dropped.broadcasts", realtime, RealtimeFigures::droppedBroadcasts)
                .description("Deliveries of broadcasts dropped because a client did not keep up").register(registry);
    }
}
