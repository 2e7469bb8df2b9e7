package io.deltastreams.ops;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.deltastreams.change.Position;
import io.deltastreams.change.Schema;
import io.deltastreams.change.TableId;
import io.deltastreams.change.Type;
import io.deltastreams.feed.FedStream;
import io.deltastreams.pipeline.Pipeline;
import io.deltastreams.pipeline.PipelineStatus;
import io.deltastreams.source.Intake.RetainedLog;
import io.deltastreams.state.StateStatus;
import io.deltastreams.stream.DeltaStream;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** {@code GET /feeds}: the streams, and how the source, the log and the outputs stand. */
@Path("/feeds")
public class FeedIndex {

    private final Pipeline pipeline;

    FeedIndex(Pipeline pipeline) {
        this.pipeline = pipeline;
    }

    /**
     * @param name the pipeline's, null while nothing runs
     * @param trouble what keeps the pipeline from running until somebody mends it; null while all is well
     * @param state null where none is kept
     * @param relay null where the log goes to no other instance
     */
    public record Index(
            @Nullable String name,
            @Nullable String trouble,
            List<StreamView> streams,
            @Nullable SourceView source,
            @Nullable LogView log,
            @Nullable StateView state,
            @Nullable RelayView relay,
            List<OutputView> outputs) {}

    /**
     * @param key names of the key's columns; empty where rows have no identity, and then there are no updates to expect
     * @param earliest whoever reads after this position gets all that is there
     * @param latest the log's last position
     * @param changes captured from the stream's tables since the start, before its stages
     * @param deltas made by its stages since the start; only what somebody reads is made, and made again for a reader that is not where
     *     another just was
     */
    public record StreamView(
            String name,
            boolean feed,
            List<String> from,
            List<ColumnView> columns,
            List<String> key,
            String earliest,
            String latest,
            int subscribers,
            long changes,
            long deltas) {}

    public record ColumnView(String name, String type, boolean nullable) {}

    public record SourceView(
            String kind,
            String status,
            String message,
            long captured,
            @JsonProperty("committed_at") @Nullable String committedAt,
            @JsonProperty("retained_wal_bytes") @Nullable Long retainedWalBytes,
            @Nullable SnapshotView snapshot,
            List<String> notes) {}

    public record SnapshotView(long rows, long total, boolean finished) {}

    /**
     * @param waiting why capture waits for room on disk; null while it does not
     * @param waitingFor the outputs that it waits for, at the disk budget
     */
    public record LogView(
            long bytes,
            int segments,
            @Nullable String waiting,
            @JsonProperty("waiting_for") List<String> waitingFor,
            @Nullable String last,
            @Nullable String failure) {}

    /**
     * @param message what keeps it from giving rows; empty while it gives them
     * @param missing tables whose rows are not all there
     */
    public record StateView(
            @Nullable String position, long bytes, int readers, String message, List<MissingView> missing) {}

    public record MissingView(String table, String why) {}

    public record RelayView(
            String kind,
            boolean required,
            String status,
            String message,
            @Nullable String cursor,
            long delivered) {}

    public record OutputView(
            String stream,
            String kind,
            boolean required,
            String status,
            String message,
            @Nullable String cursor,
            long delivered,
            @JsonProperty("lag_seconds") @Nullable Double lagSeconds) {}

    @GET
    @Produces(MediaType.APPLICATION_JSON)
    public Index index() {
        Optional<PipelineStatus> status = pipeline.status();
        Map<TableId, Long> captured = status.map(now -> now.source().captured()).orElse(Map.of());
        List<StreamView> streams = pipeline.running().orElse(List.of()).stream()
                .map(fed -> view(fed, captured))
                .toList();
        return new Index(
                status.map(PipelineStatus::name).orElse(null),
                pipeline.trouble().orElse(null),
                streams,
                status.map(now -> view(now.source())).orElse(null),
                status.map(now -> view(now.log())).orElse(null),
                status.flatMap(PipelineStatus::state).map(FeedIndex::view).orElse(null),
                status.flatMap(PipelineStatus::relay).map(FeedIndex::view).orElse(null),
                status.map(now -> now.outputs().stream()
                                .map(output -> view(output, now.log().last()))
                                .toList())
                        .orElse(List.of()));
    }

    private static StreamView view(FedStream fed, Map<TableId, Long> captured) {
        DeltaStream stream = fed.stream();
        Optional<Schema> schema = stream.outputs().stream().findFirst();
        return new StreamView(
                stream.id().text(),
                fed.shown(),
                stream.from(),
                schema.map(FeedIndex::columns).orElse(List.of()),
                schema.map(FeedIndex::key).orElse(List.of()),
                stream.earliest().toString(),
                stream.latest().toString(),
                stream.subscribers().get(),
                captured.entrySet().stream()
                        .filter(table -> stream.reads(table.getKey()))
                        .mapToLong(Map.Entry::getValue)
                        .sum(),
                stream.produced());
    }

    private static List<ColumnView> columns(Schema schema) {
        return schema.columns().stream()
                .map(column -> new ColumnView(column.name(), typeName(column.type()), column.nullable()))
                .toList();
    }

    private static List<String> key(Schema schema) {
        return schema.key().stream()
                .map(index -> schema.columns().get(index).name())
                .toList();
    }

    private static String typeName(Type type) {
        return switch (type) {
            case Type.Simple simple -> simple.name().toLowerCase(Locale.ROOT);
            case Type.Numeric numeric ->
                numeric.precision() == 0 ? "numeric" : "numeric(%d,%d)".formatted(numeric.precision(), numeric.scale());
            case Type.Enumeration enumeration -> enumeration.name();
            case Type.Range range -> range.name();
            case Type.Array array -> typeName(array.element()) + "[]";
            case Type.Opaque opaque -> opaque.name();
        };
    }

    private static SourceView view(PipelineStatus.Source source) {
        return new SourceView(
                source.kind(),
                spelled(source.condition().state()),
                source.condition().message(),
                source.capturedInAll(),
                source.committedAt().map(Instant::toString).orElse(null),
                source.retainedWal().map(RetainedLog::bytes).orElse(null),
                source.snapshot()
                        .map(snapshot -> new SnapshotView(snapshot.rows(), snapshot.total(), snapshot.finished()))
                        .orElse(null),
                source.notes());
    }

    private static LogView view(PipelineStatus.Log log) {
        return new LogView(
                log.status().bytes(),
                log.status().segments(),
                log.status().waiting().orElse(null),
                log.status().waitingFor(),
                log.last().map(Position::toString).orElse(null),
                log.failure().orElse(null));
    }

    private static StateView view(StateStatus state) {
        return new StateView(
                state.position().map(Position::toString).orElse(null),
                state.bytes(),
                state.readers(),
                state.message(),
                state.missing().entrySet().stream()
                        .sorted(Map.Entry.comparingByKey())
                        .map(entry -> new MissingView(entry.getKey().text(), entry.getValue()))
                        .toList());
    }

    private static RelayView view(PipelineStatus.Relayed relay) {
        return new RelayView(
                relay.kind(),
                relay.required(),
                spelled(relay.condition().state()),
                relay.condition().message(),
                relay.cursor().map(Position::toString).orElse(null),
                relay.delivered());
    }

    private static OutputView view(PipelineStatus.Output output, Optional<Position> last) {
        return new OutputView(
                output.stream().text(),
                output.kind(),
                output.required(),
                spelled(output.condition().state()),
                output.condition().message(),
                output.cursor().map(Position::toString).orElse(null),
                output.delivered(),
                lagSeconds(output, last, Instant.now()));
    }

    /** Zero at the log's end, else the age of the newest delta delivered; null before the first. */
    static @Nullable Double lagSeconds(PipelineStatus.Output output, Optional<Position> last, Instant now) {
        boolean atEnd = last.isEmpty()
                || output.cursor().map(cursor -> !last.get().isAfter(cursor)).orElse(false);
        if (atEnd) {
            return 0.0;
        }
        return output.behind()
                .map(behind -> Duration.between(behind, now).toMillis() / 1000.0)
                .orElse(null);
    }

    private static String spelled(PipelineStatus.State state) {
        return state.name().toLowerCase(Locale.ROOT);
    }
}
