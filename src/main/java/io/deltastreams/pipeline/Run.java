package io.deltastreams.pipeline;

import io.deltastreams.change.BeforeImage;
import io.deltastreams.change.Position;
import io.deltastreams.change.Schema;
import io.deltastreams.change.StreamId;
import io.deltastreams.change.TableId;
import io.deltastreams.codec.Codec;
import io.deltastreams.feed.FedStream;
import io.deltastreams.log.ChangeLog;
import io.deltastreams.log.LogSettings.Durability;
import io.deltastreams.pipeline.PipelineStatus.Condition;
import io.deltastreams.source.Intake.Earlier;
import io.deltastreams.source.Inventory;
import io.deltastreams.source.Inventory.CapturedTable;
import io.deltastreams.source.TableSnapshots;
import io.deltastreams.source.TableSnapshots.Refused;
import io.deltastreams.state.State;
import io.deltastreams.stream.Boundaries;
import io.deltastreams.stream.DeltaStream;
import io.deltastreams.stream.RecentReadings;
import io.deltastreams.stream.Shapes;
import io.deltastreams.transform.InvalidStream;
import io.deltastreams.transform.Stage;
import io.smallrye.mutiny.Uni;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** One run of a definition: its log, source, streams and outputs, from opening to drained. */
final class Run implements AutoCloseable {

    private static final Logger LOG = Logger.getLogger(Run.class);
    private static final Duration CLOSING = Duration.ofSeconds(5);
    /** How long outputs that nobody is acknowledged for may take to tell what they have from before an empty log. */
    private static final Duration TELLING = Duration.ofSeconds(5);

    private static final Duration REFUSING = Duration.ofSeconds(1);

    private final PipelineDefinition definition;
    private final Handover handover;
    private final ChangeLog log;
    private final Optional<State> state;
    private final List<FedStream> fed = new ArrayList<>();
    private final List<OutputRunner> outputs = new ArrayList<>();
    private final Optional<RelayRunner> relay;
    private final DeadLetters deadLetters;
    private final List<ChangeLog.Pin> pins = new ArrayList<>();
    private final SourceRunner source;
    private final Precedence precedence = new Precedence();
    /** What the source's thread has warned of: it describes the tables at each attempt to capture. */
    private final Set<FormerRows> warned = new HashSet<>();

    /** Starts this pipeline anew, as an instance that waits. */
    private final Runnable left;

    private final AtomicBoolean delivering = new AtomicBoolean();
    private final AtomicBoolean leaving = new AtomicBoolean();

    private volatile @Nullable String logFailure;

    /** A stream that needs former rows of a table that does not send them. */
    private record FormerRows(StreamId stream, TableId table) {}

    /**
     * Opens the log; nothing runs yet.
     *
     * @throws IOException if the log cannot be used; the message names the folder and what is wrong with it
     */
    Run(
            PipelineDefinition definition,
            Handover handover,
            Codec codec,
            Executor blocking,
            Consumer<InvalidPipeline> invalid,
            Runnable left)
            throws IOException {
        this.definition = definition;
        this.handover = handover;
        this.left = left;
        this.log = ChangeLog.open(definition.log());
        this.source = new SourceRunner(
                definition.source(),
                new Outputs(),
                log,
                handover,
                this::durable,
                this::describe,
                invalid,
                this::logFailed,
                precedence);
        this.state = definition
                .state()
                .map(settings -> new State(settings, log, new SourceOrigin(definition.source(), source)));
        this.relay = definition
                .relay()
                .map(relaying -> new RelayRunner(relaying, log, new SourceOrigin(definition.source(), source)));
        deadLetters = new DeadLetters(deadLetterFolder(definition.log().path()), codec, definition.deadLetters());
        RecentReadings recent = new RecentReadings(definition.streams().size());
        for (PipelineDefinition.Stream declared : definition.streams()) {
            Shapes shapes = new Shapes(
                    declared.program(), beside("shapes", declared.program().id()));
            DeltaStream stream = new DeltaStream(shapes, log, state, deadLetters, recent, precedence, blocking);
            fed.add(new FedStream(stream, declared.feed(), declared.textualBigints()));
            declared.outputs()
                    .forEach(output -> outputs.add(new OutputRunner(stream, output, deadLetters, precedence)));
        }
        definition
                .transactions()
                .ifPresent(output -> outputs.add(
                        new OutputRunner(new Boundaries(streams(), log, blocking), output, deadLetters, precedence)));
    }

    /** A stream's file in a folder beside the log's. */
    private Path beside(String folder, StreamId stream) {
        return definition.log().path().toAbsolutePath().resolveSibling(folder).resolve(stream.text());
    }

    private static Path deadLetterFolder(Path log) {
        return log.toAbsolutePath().resolveSibling("dead-letters");
    }

    /** What streams and outputs set aside. */
    LetterOffice letters() {
        return new LetterOffice(streams(), outputs, deadLetters);
    }

    void start() {
        deadLetters.start(streams().stream().map(DeltaStream::id).toList());
        for (OutputRunner output : outputs) {
            if (output.isRequired()) {
                pins.add(log.pin(output.name(), () -> output.cursor().orElse(Position.START)));
            }
        }
        relay.ifPresent(relayed -> {
            if (relayed.isRequired()) {
                pins.add(log.pin(relayed.name(), () -> relayed.cursor().orElse(Position.START)));
            }
        });
        state.ifPresent(kept -> {
            pins.add(log.pin("state", kept::needs));
            kept.start();
        });
        source.start();
    }

    /** They write while this instance captures, or may do so at any time: two that write to the same targets would push each other out. */
    private final class Outputs implements SourceRunner.Targets {

        @Override
        public void begin() {
            if (delivering.compareAndSet(false, true)) {
                outputs.forEach(OutputRunner::start);
                relay.ifPresent(RelayRunner::start);
            }
        }

        /** With an ephemeral log another instance may capture, and whoever begins takes the outputs from it. */
        @Override
        public void deliver() {
            if (!isEphemeral()) {
                begin();
            }
        }

        @Override
        public Optional<Earlier> earlier(Instant since) {
            if (outputs.stream().anyMatch(OutputRunner::isSuperseded)) {
                // Another instance captured in between. It does so no more, and what is written goes on with a new run.
                leave();
                return Optional.empty();
            }
            boolean required = requiredCursors().findAny().isPresent();
            boolean complete = isEphemeral() && required;
            if (log.resumeToken().isPresent()) {
                return Optional.of(new Earlier(Position.START, complete));
            }
            if (complete && requiredCursors().anyMatch(Optional::isEmpty)) {
                return Optional.empty();
            }
            List<Optional<Position>> cursors = cursors().toList();
            if (cursors.stream().anyMatch(Optional::isEmpty) && Instant.now().isBefore(since.plus(TELLING))) {
                return Optional.empty();
            }
            if (complete) {
                requiredCursors()
                        .flatMap(Optional::stream)
                        .min(Position::compareTo)
                        .filter(position -> position.isAfter(Position.START))
                        .ifPresent(log::begin);
            }
            return Optional.of(new Earlier(
                    cursors.stream()
                            .flatMap(Optional::stream)
                            .max(Position::compareTo)
                            .orElse(Position.START),
                    complete));
        }

        @Override
        public void leave() {
            if ((delivering.get() || isStale()) && leaving.compareAndSet(false, true)) {
                left.run();
            }
        }

        @Override
        public void prepare() {
            if (!delivering.get() && !leaving.get()) {
                outputs.forEach(OutputRunner::prepare);
                relay.ifPresent(RelayRunner::prepare);
            }
        }
    }

    /** Whether what the log has of it goes on elsewhere. */
    private boolean isStale() {
        return isEphemeral() && log.resumeToken().isPresent();
    }

    private boolean isEphemeral() {
        return definition.log().durability() == Durability.EPHEMERAL;
    }

    private Stream<Optional<Position>> cursors() {
        return Stream.concat(
                outputs.stream().map(OutputRunner::cursor), relay.stream().map(RelayRunner::cursor));
    }

    private Stream<Optional<Position>> requiredCursors() {
        return Stream.concat(
                outputs.stream().filter(OutputRunner::isRequired).map(OutputRunner::cursor),
                relay.stream().filter(RelayRunner::isRequired).map(RelayRunner::cursor));
    }

    /** Invariant 1: durable is what the log has synced or, where it is ephemeral, what every required output has. */
    private Optional<Position> durable() {
        if (!isEphemeral()) {
            return log.last();
        }
        return requiredCursors()
                .map(cursor -> cursor.orElse(Position.START))
                .min(Position::compareTo)
                .or(log::last);
    }

    private void logFailed(Throwable failure) {
        if (logFailure == null) {
            logFailure = String.valueOf(failure.getMessage());
            LOG.errorf(failure, "log=%s state=failed", definition.log().path());
            source.end(logFailure + "; mend the disk, then start the service again");
        }
    }

    /** Types every stream against the tables that it is made of. */
    private void describe(Inventory inventory) throws InvalidPipeline {
        for (DeltaStream stream : streams()) {
            List<CapturedTable> tables = inventory.tables().stream()
                    .filter(table -> stream.reads(tableOf(table.schema())))
                    .toList();
            if (tables.isEmpty()) {
                throw new InvalidPipeline("streams.%s.from: no captured table is called %s; captured: %s"
                        .formatted(
                                stream.id(),
                                String.join(", ", stream.from()),
                                inventory.tables().stream()
                                        .map(table -> table.schema().relation().text())
                                        .toList()));
            }
            for (CapturedTable table : tables) {
                describe(stream, table);
            }
        }
        relay.ifPresent(relayed -> relayed.describe(inventory));
    }

    private static TableId tableOf(Schema schema) {
        return (TableId) schema.relation();
    }

    private void describe(DeltaStream stream, CapturedTable table) throws InvalidPipeline {
        Stage stage;
        try {
            stage = stream.describe(table.schema());
        } catch (InvalidStream e) {
            throw new InvalidPipeline(e.getMessage());
        }
        if (stage.needsFullBefore()
                && table.before() == BeforeImage.KEY
                && warned.add(new FormerRows(stream.id(), tableOf(table.schema())))) {
            LOG.warnf(
                    "stream=%s table=%s note=\"its where needs former rows that the table does not send, so rows that leave it are"
                            + " told as deletes of rows that may never have been in it; run ALTER TABLE %s REPLICA IDENTITY FULL\"",
                    stream.id(),
                    table.schema().relation().text(),
                    table.schema().relation().text());
        }
    }

    /** To be asked until everything is delivered that is there when capture begins. Called before the start. */
    CaughtUp caughtUp() {
        source.markEnd();
        return new CaughtUp(source, log, this::status);
    }

    private List<DeltaStream> streams() {
        return fed.stream().map(FedStream::stream).toList();
    }

    List<FedStream> fed() {
        return List.copyOf(fed);
    }

    TableSnapshots snapshots() throws Refused {
        return source.snapshots();
    }

    PipelineStatus status() {
        return new PipelineStatus(
                definition.name(),
                source.status(),
                new PipelineStatus.Log(
                        log.status(), definition.log().budget(), log.last(), Optional.ofNullable(logFailure)),
                state.map(State::status),
                relay.map(RelayRunner::status),
                outputs.stream().map(OutputRunner::status).toList());
    }

    /** Stops taking, puts what was taken into the log, and lets outputs come to its end, for {@code patience} at most. */
    void drain(Duration patience) {
        long end = System.nanoTime() + patience.toNanos();
        source.close();
        try {
            handover.awaitIdle(patience.toMillis() / 2, TimeUnit.MILLISECONDS);
            Optional<Position> last = log.last();
            while (last.isPresent() && System.nanoTime() < end && isAnyRunningBehind(last.get())) {
                TimeUnit.MILLISECONDS.sleep(20);
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
        close();
    }

    /** Removes what an ephemeral log holds, after the end: it goes on elsewhere. */
    void discard() throws IOException {
        if (isEphemeral()) {
            ChangeLog.discard(definition.log());
        }
    }

    private boolean isAnyRunningBehind(Position last) {
        return outputs.stream()
                        .map(OutputRunner::status)
                        .anyMatch(output -> isRunningBehind(output.condition(), output.cursor(), last))
                || relay.map(RelayRunner::status)
                        .filter(relayed -> isRunningBehind(relayed.condition(), relayed.cursor(), last))
                        .isPresent();
    }

    /** All at once: each may wait for a target that is away. */
    private void closeOutputs() {
        List<Uni<Void>> closings = outputs.stream().map(OutputRunner::close).toList();
        if (!closings.isEmpty()) {
            Uni.join()
                    .all(closings)
                    .andCollectFailures()
                    .ifNoItem()
                    .after(CLOSING)
                    .fail()
                    .onFailure()
                    .invoke(failure -> LOG.warnf("outputs=closing note=\"%s\"", failure))
                    .onFailure()
                    .recoverWithNull()
                    .await()
                    .indefinitely();
        }
    }

    private static boolean isRunningBehind(Condition condition, Optional<Position> cursor, Position last) {
        return condition.is(PipelineStatus.State.RUNNING)
                && cursor.map(last::isAfter).orElse(true);
    }

    @Override
    public void close() {
        source.close();
        closeOutputs();
        deadLetters.close();
        relay.ifPresent(RelayRunner::close);
        state.ifPresent(State::close);
        log.close();
        awaitRefusals();
        // Let go before, the log would take away what a required output still needs, to make room for a last batch.
        pins.forEach(ChangeLog.Pin::close);
    }

    /** What was handed over and not taken comes back from a closed log at once; then nothing of this run is under way any more. */
    private void awaitRefusals() {
        try {
            handover.awaitIdle(REFUSING.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }
}
