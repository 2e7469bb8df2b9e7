package io.deltastreams.stream;

import io.deltastreams.change.Change;
import io.deltastreams.change.Delta;
import io.deltastreams.change.Position;
import io.deltastreams.change.Schema;
import io.deltastreams.change.StreamId;
import io.deltastreams.change.TableId;
import io.deltastreams.change.Transaction;
import io.deltastreams.log.ChangeLog;
import io.deltastreams.log.Slice;
import io.deltastreams.state.CurrentRows;
import io.deltastreams.state.State;
import io.deltastreams.transform.InvalidStream;
import io.deltastreams.transform.OnError;
import io.deltastreams.transform.Stage;
import io.deltastreams.transform.StageResult;
import io.deltastreams.transform.StreamProgram;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * A named result of the pipeline. Readers pull: each asks for what stands behind its own position, when it wants it, so a slow one loses
 * only itself (Invariant 5). Readers at the same place share one evaluation. Thread-safe.
 */
public final class DeltaStream implements Outgoing {

    /** Weight of the changes that one reading is made of: large enough to be efficient, small enough to be many in memory. */
    private static final long READING_BYTES = 1 << 20;

    /** How many readings a reader that is behind gets in one at most. */
    private static final int GATHERED = 4;

    private final StreamProgram program;
    private final Shapes shapes;
    private final ChangeLog log;
    private final Optional<State> state;
    private final Rejections rejections;
    private final Pacing pacing;
    private final Executor blocking;
    private final ConcurrentMap<Shape, Stage> stages = new ConcurrentHashMap<>();
    private final ConcurrentMap<TableId, Schema> outputs = new ConcurrentHashMap<>();
    private final CatchingUp catchingUp;
    private final RecentReadings recent;
    private final AtomicInteger subscribers = new AtomicInteger();
    private final LongAdder produced = new LongAdder();

    private volatile @Nullable Known latest;

    private record Shape(TableId table, int version) {}

    private record Known(Schema schema, Stage stage) {}

    /**
     * @param shapes of the stream as declared
     * @param state of the log, if one is kept
     * @param recent shared by all streams
     * @param pacing what a reader waits for that has to read from disk
     * @param blocking where reads that may go to disk run; virtual threads
     */
    public DeltaStream(
            Shapes shapes,
            ChangeLog log,
            Optional<State> state,
            Rejections rejections,
            RecentReadings recent,
            Pacing pacing,
            Executor blocking) {
        this.program = shapes.program();
        this.shapes = shapes;
        this.log = log;
        this.state = state;
        this.rejections = rejections;
        this.recent = recent;
        this.pacing = pacing;
        this.blocking = blocking;
        this.catchingUp = new CatchingUp(blocking);
    }

    @Override
    public StreamId id() {
        return program.id();
    }

    public StreamProgram program() {
        return program;
    }

    /** The tables that it is made of, as the pipeline file names them. */
    public List<String> from() {
        return program.from();
    }

    public boolean reads(TableId table) {
        return program.reads(table);
    }

    /**
     * Types the stream against a table before anything flows, so that mistakes are told at the start.
     *
     * @param table the table's shape; its version does not matter
     */
    public Stage describe(Schema table) throws InvalidStream {
        Stage stage = program.compile(table);
        outputs.put((TableId) table.relation(), stage.output());
        return stage;
    }

    /** The stream's shape, one per table that it is made of, by the tables' names. */
    public List<Schema> outputs() {
        return outputs.entrySet().stream()
                .sorted(Comparator.comparing(entry -> entry.getKey()))
                .map(entry -> entry.getValue())
                .toList();
    }

    /** Everything after this position can still be read. */
    public Position earliest() {
        return log.removedUpTo();
    }

    @Override
    public OnError onError() {
        return program.onError();
    }

    /** The last durable position of the log, which is where a reader from {@code latest} starts. */
    @Override
    public Position latest() {
        return log.last().orElse(Position.START);
    }

    /** Whether a position is of an epoch that the log has not reached: of another instance's, where that began again more often. */
    public boolean isOfOtherHistory(Position position) {
        Position last = latest();
        return !last.equals(Position.START) && position.epoch() > last.epoch();
    }

    /** The position after which everything committed at {@code time} or later stands. */
    public Uni<Position> before(Instant time) {
        return Uni.createFrom()
                .item(() -> {
                    try {
                        return log.before(time);
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                })
                .runSubscriptionOn(blocking);
    }

    /** What stands behind a position; waits until something does, and, where that has to be read from disk, for its turn. */
    public Uni<Reading> next(Position after) {
        return beyond(after).chain(() -> log.isNear(after, READING_BYTES) ? reading(after) : later(after));
    }

    /** Completes when something stands behind a position, of this stream's or of others'. */
    public Uni<Void> beyond(Position after) {
        return Uni.createFrom().completionStage(() -> log.beyond(after));
    }

    /** Of a reader that is far behind. */
    private Uni<Reading> later(Position after) {
        return pacing.turn()
                .chain(() -> catchingUp.inTurn(() -> recent.get(id(), after, () -> read(after))))
                .emitOn(blocking);
    }

    private Uni<Reading> reading(Position after) {
        return Uni.createFrom().voidItem().emitOn(blocking).map(_ -> recent.get(id(), after, () -> read(after)));
    }

    /**
     * The same for a reader that waits for its target after each reading: where it is behind it gets several in one, so that it waits less
     * often.
     *
     * @param turns what it waits for, wherever it reads from
     */
    @Override
    public Uni<Reading> nextFew(Position after, Pacing turns) {
        return beyond(after)
                .chain(turns::turn)
                .chain(() -> reading(after))
                .map(reading -> reading instanceof Reading.Deltas first ? gathered(first) : reading);
    }

    private Reading gathered(Reading.Deltas first) {
        List<Reading.Deltas> readings = new ArrayList<>(List.of(first));
        while (readings.size() < GATHERED && latest().isAfter(readings.getLast().upTo())) {
            Position after = readings.getLast().upTo();
            // What is no deltas ends the reader, and so comes alone, as its next one.
            if (!(recent.get(id(), after, () -> read(after)) instanceof Reading.Deltas more)) {
                break;
            }
            readings.add(more);
        }
        return readings.size() == 1
                ? first
                : new Reading.Deltas(
                        readings.stream()
                                .flatMap(reading -> reading.deltas().stream())
                                .toList(),
                        readings.getLast().upTo(),
                        readings.getLast().whole(),
                        readings.getLast().committedAt());
    }

    /**
     * What the stream makes, now, of the change at one position: a delta or none, a {@link Reading.Gap} where history is gone, {@link
     * Reading.Stopped} where it refuses the change, or has none there.
     */
    public Reading only(Position position) {
        try {
            return switch (log.read(position.previous(), program::reads, 1)) {
                case Slice.Gap gap -> new Reading.Gap(gap.after(), gap.removedUpTo());
                case Slice.Changes changes ->
                    changes.transactions().stream()
                            .flatMap(transaction -> transaction.changes().stream()
                                    .filter(change -> change.position().equals(position))
                                    .map(change -> only(transaction, change)))
                            .findFirst()
                            .orElseGet(() -> new Reading.Stopped(position, "the log has no such change"));
            };
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What the stream makes of a change of the log's, which may be none of its tables'. */
    StageResult outcome(Change change) {
        return program.reads((TableId) change.schema().relation()) ? apply(change) : StageResult.NONE;
    }

    private Reading only(Transaction transaction, Change change) {
        return switch (apply(change)) {
            case StageResult.Nothing _ ->
                new Reading.Deltas(List.of(), change.position(), Optional.of(transaction.committedAt()));
            case StageResult.Emitted emitted ->
                new Reading.Deltas(
                        List.of(delta(transaction, change, emitted)),
                        change.position(),
                        Optional.of(transaction.committedAt()));
            case StageResult.Refused(String reason) -> new Reading.Stopped(change.position(), reason);
            case StageResult.Halted(String reason) -> new Reading.Stopped(change.position(), reason);
        };
    }

    private static Delta delta(Transaction transaction, Change change, StageResult.Emitted emitted) {
        return new Delta(
                emitted.change(),
                (TableId) change.schema().relation(),
                transaction.id(),
                transaction.committedAt(),
                transaction.kind() == Transaction.Kind.SNAPSHOT,
                false);
    }

    /** Whether {@link #rows} can be had at all. */
    public boolean hasRows() {
        return state.isPresent();
    }

    /**
     * Its rows as they are now, once all are there; to be closed by whoever gets them.
     *
     * @param least what their position is at least
     * @return fails with {@link io.deltastreams.state.Unavailable} where waiting would not help. Whoever no longer waits cancels it
     */
    public CompletableFuture<StreamRows> rows(Position least) {
        State kept = state.orElseThrow(() -> new IllegalStateException("no state is kept"));
        CompletableFuture<CurrentRows> current = kept.rows(program::reads, least);
        CompletableFuture<StreamRows> rows = new CompletableFuture<>();
        var _ = current.whenComplete((given, failure) -> {
            if (given == null) {
                rows.completeExceptionally(Objects.requireNonNull(failure));
            } else if (!rows.complete(
                    new StreamRows(given, this::apply, program.onError() == OnError.STOP, blocking))) {
                given.close();
            }
        });
        var _ = rows.whenComplete((_, _) -> {
            if (rows.isCancelled()) {
                current.cancel(false);
            }
        });
        return rows;
    }

    /** Reading after reading, each when it is asked for; ends after a {@link Reading.Gap} or {@link Reading.Stopped}. */
    public Multi<Reading> from(Position after) {
        return Multi.createBy()
                .repeating()
                .uni(() -> new AtomicPosition(after), at -> next(at.position).invoke(at::moveBehind))
                .whilst(reading -> reading instanceof Reading.Deltas);
    }

    /** Where one reader stands; only ever touched by one thread at a time, as demand is. */
    private static final class AtomicPosition {
        private volatile Position position;

        private AtomicPosition(Position position) {
            this.position = position;
        }

        private void moveBehind(Reading reading) {
            if (reading instanceof Reading.Deltas deltas) {
                position = deltas.upTo();
            }
        }
    }

    /** Deltas made so far in this process, each evaluation counted once. */
    public long produced() {
        return produced.sum();
    }

    /** Live readers; whoever serves one counts it up and down. */
    public AtomicInteger subscribers() {
        return subscribers;
    }

    private Reading read(Position after) {
        try {
            return switch (log.read(after, program::reads, READING_BYTES)) {
                case Slice.Gap gap -> new Reading.Gap(gap.after(), gap.removedUpTo());
                case Slice.Changes changes -> evaluate(after, changes);
            };
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Reading evaluate(Position after, Slice.Changes changes) {
        List<Delta> deltas = new ArrayList<>();
        for (Transaction transaction : changes.transactions()) {
            int before = deltas.size();
            Optional<Reading.Stopped> stop = evaluate(transaction, deltas);
            if (stop.isPresent()) {
                produced.add(deltas.size());
                return deltas.isEmpty()
                        ? stop.get()
                        : new Reading.Deltas(
                                deltas,
                                deltas.getLast().position(),
                                deltas.getLast().last(),
                                Optional.of(deltas.getLast().committedAt()));
            }
            if (transaction.complete() && deltas.size() > before) {
                deltas.set(deltas.size() - 1, deltas.getLast().asLast());
            }
        }
        produced.add(deltas.size());
        return new Reading.Deltas(
                deltas, changes.upTo().isAfter(after) ? changes.upTo() : after, changes.whole(), changes.committedAt());
    }

    private Optional<Reading.Stopped> evaluate(Transaction transaction, List<Delta> deltas) {
        for (Change change : transaction.changes()) {
            switch (apply(change)) {
                case StageResult.Nothing _ -> {}
                case StageResult.Emitted emitted -> deltas.add(delta(transaction, change, emitted));
                case StageResult.Halted(String reason) -> {
                    return Optional.of(new Reading.Stopped(change.position(), reason));
                }
                case StageResult.Refused refused -> {
                    // Invariant 7: what cannot be handled goes where the stream's policy says.
                    if (program.onError() == OnError.STOP) {
                        return Optional.of(new Reading.Stopped(change.position(), refused.reason()));
                    }
                    rejections.rejected(id(), change, refused.reason());
                }
            }
        }
        return Optional.empty();
    }

    /** Changes of one schema mostly follow each other, and whether it is the same object is told at once. */
    @SuppressWarnings("ReferenceEquality")
    private StageResult apply(Change change) {
        Schema schema = change.schema();
        Known known = latest;
        if (known == null || known.schema() != schema) {
            try {
                known = new Known(schema, stage(schema));
            } catch (InvalidStream e) {
                return new StageResult.Refused(String.valueOf(e.getMessage()));
            }
            latest = known;
        }
        return known.stage().apply(change);
    }

    private Stage stage(Schema schema) throws InvalidStream {
        Shape shape = new Shape((TableId) schema.relation(), schema.version());
        Stage stage = stages.get(shape);
        if (stage == null) {
            stage = shapes.decided(shape.table(), program.compile(schema));
            outputs.put(shape.table(), stage.output());
            stages.put(shape, stage);
        }
        return stage;
    }
}
