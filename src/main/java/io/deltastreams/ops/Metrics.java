package io.deltastreams.ops;

import io.deltastreams.change.Position;
import io.deltastreams.change.StreamId;
import io.deltastreams.feed.FedStream;
import io.deltastreams.pipeline.Pipeline;
import io.deltastreams.pipeline.PipelineStatus;
import io.deltastreams.pipeline.PipelineStatus.Condition;
import io.deltastreams.pipeline.PipelineStatus.State;
import io.deltastreams.stream.DeltaStream;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.ToDoubleFunction;

/** The figures at {@code /q/metrics}, all read from the pipeline's status when they are scraped. */
@ApplicationScoped
class Metrics {

    /** After the pipeline, whose streams and outputs are counted. */
    private static final int AFTER_PIPELINE = 2600;

    private final Pipeline pipeline;
    private final MeterRegistry registry;

    Metrics(Pipeline pipeline, MeterRegistry registry) {
        this.pipeline = pipeline;
        this.registry = registry;
    }

    void register(@Observes @Priority(AFTER_PIPELINE) StartupEvent started) {
        counter(
                "delta_streams_captured_changes",
                "Changes taken from the source",
                status -> status.source().capturedInAll());
        gauge(
                "delta_streams_source_up",
                "1 while the source captures",
                status -> up(status.source().condition()));
        gauge("delta_streams_source_age_seconds", "Age of the newest captured change's commit", Metrics::sourceAge);
        gauge(
                "delta_streams_source_retained_wal_bytes",
                "Log that the database keeps for this service's slot",
                status -> status.source()
                        .retainedWal()
                        .map(kept -> (double) kept.bytes())
                        .orElse(Double.NaN));
        gauge(
                "delta_streams_source_wal_budget_bytes",
                "What wal_budget says of that; NaN where it is not set",
                status -> status.source()
                        .retainedWal()
                        .filter(kept -> kept.budget().isPresent())
                        .map(kept -> (double) kept.budget().getAsLong())
                        .orElse(Double.NaN));
        gauge(
                "delta_streams_source_safe_wal_bytes",
                "Log that may still be written before the database removes what was not read; NaN where it sets no limit",
                status -> status.source()
                        .retainedWal()
                        .filter(kept -> kept.left().isPresent())
                        .map(kept -> (double) kept.left().getAsLong())
                        .orElse(Double.NaN));
        gauge(
                "delta_streams_snapshot_rows",
                "Rows that the snapshot has read, at one place or in chunks; NaN while there was none",
                status -> status.source()
                        .snapshot()
                        .map(snapshot -> (double) snapshot.rows())
                        .orElse(Double.NaN));
        gauge(
                "delta_streams_snapshot_expected_rows",
                "Rows that the snapshot will read, by the database's estimate",
                status -> status.source()
                        .snapshot()
                        .map(snapshot -> (double) snapshot.total())
                        .orElse(Double.NaN));
        gauge(
                "delta_streams_source_alone",
                "1 while what competes with capture for this machine waits (wal_budget: pause-others)",
                status -> status.source().alone() ? 1 : 0);
        gauge(
                "delta_streams_log_bytes",
                "Size of the log on disk",
                status -> status.log().status().bytes());
        gauge(
                "delta_streams_log_budget_bytes",
                "What it may take there",
                status -> status.log().budget());
        gauge(
                "delta_streams_log_up",
                "1 while the log takes what is captured; 0 when its disk has failed, which only a restart mends",
                status -> status.log().failure().isEmpty() ? 1 : 0);
        gauge(
                "delta_streams_log_segments",
                "Files of the log",
                status -> status.log().status().segments());
        gauge(
                "delta_streams_log_waiting_for_room",
                "1 while capture waits for room on disk: at the budget, or because the disk takes nothing more",
                status -> status.log().status().waiting().isPresent() ? 1 : 0);
        gauge(
                "delta_streams_state_bytes",
                "Size of the state on disk; NaN where none is kept",
                status -> status.state().map(state -> (double) state.bytes()).orElse(Double.NaN));
        gauge(
                "delta_streams_state_lag_positions",
                "How far the state stands behind the log's end, in the source's own commit order (PostgreSQL: bytes of WAL)",
                Metrics::stateLag);
        gauge(
                "delta_streams_state_missing_tables",
                "Tables whose rows are not all in the state",
                status -> status.state()
                        .map(state -> (double) state.missing().size())
                        .orElse(Double.NaN));
        gauge(
                "delta_streams_state_readers",
                "Feeds that read rows from the state right now",
                status -> status.state().map(state -> (double) state.readers()).orElse(Double.NaN));
        gauge(
                "delta_streams_relay_up",
                "1 while the log's way to other instances runs; NaN where it has none",
                status -> status.relay().map(relay -> up(relay.condition())).orElse(Double.NaN));
        gauge(
                "delta_streams_relay_lag_positions",
                "How far what is relayed stands behind the log's end, in the source's own commit order; NaN where nothing is",
                status ->
                        status.relay().map(relay -> lag(status, relay.cursor())).orElse(Double.NaN));
        pipeline.running().orElse(List.of()).stream()
                .map(fed -> fed.stream().id())
                .forEach(this::register);
        pipeline.status().ifPresent(status -> status.outputs().forEach(this::register));
    }

    private static double stateLag(PipelineStatus status) {
        return status.state().map(state -> lag(status, state.position())).orElse(Double.NaN);
    }

    private static double lag(PipelineStatus status, Optional<Position> position) {
        Position last = status.log().last().orElse(Position.START);
        Position at = position.orElse(Position.START);
        return last.epoch() == at.epoch() ? (double) (last.commit() - at.commit()) : Double.NaN;
    }

    private void register(StreamId stream) {
        Tags tags = Tags.of("stream", stream.text());
        Gauge.builder(
                        "delta_streams_feed_subscribers",
                        pipeline,
                        now -> of(now, stream, found -> found.subscribers().doubleValue()))
                .tags(tags)
                .description("Live readers of the stream's feed")
                .register(registry);
        Gauge.builder("delta_streams_dead_letters_waiting", pipeline, now -> waiting(now, stream))
                .tags(tags)
                .description("Changes that the stream or an output of it set aside, and that nobody has replayed")
                .register(registry);
        FunctionCounter.builder("delta_streams_stream_deltas", pipeline, now -> of(now, stream, DeltaStream::produced))
                .tags(tags)
                .description("Deltas that the stream's stages made for its readers; made again, and counted again, for"
                        + " a reader that is not where another just was")
                .register(registry);
    }

    private static double of(Pipeline pipeline, StreamId wanted, ToDoubleFunction<DeltaStream> figure) {
        return pipeline.running().orElse(List.of()).stream()
                .map(FedStream::stream)
                .filter(stream -> stream.id().equals(wanted))
                .mapToDouble(figure)
                .findFirst()
                .orElse(0.0);
    }

    /** A stream that has none yet says 0, so that its first letter shows as growth. */
    private static double waiting(Pipeline pipeline, StreamId stream) {
        return pipeline.letters().stream()
                .flatMap(office -> office.waiting(stream).stream())
                .mapToDouble(Integer::doubleValue)
                .findFirst()
                .orElse(Double.NaN);
    }

    private void register(PipelineStatus.Output output) {
        Tags tags = Tags.of("stream", output.stream().text(), "kind", output.kind());
        FunctionCounter.builder(
                        "delta_streams_delivered_deltas",
                        pipeline,
                        now -> of(now, output, (status, out) -> (double) out.delivered()))
                .tags(tags)
                .description("Deltas delivered to the output")
                .register(registry);
        gauge("delta_streams_output_up", "1 while the output delivers", tags, output, (_, out) -> up(out.condition()));
        gauge(
                "delta_streams_output_paused",
                "1 while the output leaves the machine to capture",
                tags,
                output,
                (_, out) -> out.condition().is(State.PAUSED) ? 1 : 0);
        gauge(
                "delta_streams_output_lag_seconds",
                "Age of the newest delivered delta's commit; 0 at the log's end",
                tags,
                output,
                Metrics::lagSeconds);
        gauge(
                "delta_streams_output_lag_positions",
                "How far the output stands behind the log's end, in the source's own commit order (PostgreSQL: bytes of WAL)",
                tags,
                output,
                Metrics::lagPositions);
    }

    /** A figure of one output. */
    @FunctionalInterface
    private interface OutputFigure {
        double of(PipelineStatus status, PipelineStatus.Output output);
    }

    private void gauge(String name, String description, Tags tags, PipelineStatus.Output output, OutputFigure figure) {
        Gauge.builder(name, pipeline, now -> of(now, output, figure))
                .tags(tags)
                .description(description)
                .register(registry);
    }

    private static double of(Pipeline pipeline, PipelineStatus.Output wanted, OutputFigure figure) {
        return pipeline.status()
                .flatMap(status -> status.outputs().stream()
                        .filter(output -> output.stream().equals(wanted.stream())
                                && output.kind().equals(wanted.kind()))
                        .findFirst()
                        .map(output -> figure.of(status, output)))
                .orElse(Double.NaN);
    }

    private void gauge(String name, String description, ToDoubleFunction<PipelineStatus> figure) {
        Gauge.builder(
                        name,
                        pipeline,
                        now -> now.status().stream()
                                .mapToDouble(figure)
                                .findFirst()
                                .orElse(Double.NaN))
                .description(description)
                .register(registry);
    }

    private void counter(String name, String description, ToDoubleFunction<PipelineStatus> figure) {
        FunctionCounter.builder(
                        name,
                        pipeline,
                        now -> now.status().stream()
                                .mapToDouble(figure)
                                .findFirst()
                                .orElse(0))
                .description(description)
                .register(registry);
    }

    private static double up(Condition condition) {
        return condition.is(State.RUNNING) ? 1 : 0;
    }

    private static double sourceAge(PipelineStatus status) {
        return status.source()
                .committedAt()
                .map(at -> Duration.between(at, Instant.now()).toMillis() / 1000.0)
                .orElse(Double.NaN);
    }

    private static double lagSeconds(PipelineStatus status, PipelineStatus.Output output) {
        Double lag = FeedIndex.lagSeconds(output, status.log().last(), Instant.now());
        return lag == null ? Double.NaN : lag;
    }

    private static double lagPositions(PipelineStatus status, PipelineStatus.Output output) {
        Optional<Position> last = status.log().last();
        if (last.isEmpty() || output.cursor().isEmpty()) {
            return Double.NaN;
        }
        long cursor = output.cursor().get().commit();
        return Math.max(0, last.get().commit() - cursor);
    }
}
