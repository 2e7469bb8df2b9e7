package io.deltastreams.pipeline;

import io.deltastreams.change.Delta;
import io.deltastreams.change.Position;
import io.deltastreams.change.StreamId;
import io.deltastreams.log.DamagedLog;
import io.deltastreams.pipeline.PipelineStatus.Condition;
import io.deltastreams.pipeline.PipelineStatus.State;
import io.deltastreams.sink.DeadLetter;
import io.deltastreams.sink.Deltas;
import io.deltastreams.sink.Outcome;
import io.deltastreams.sink.Retrying;
import io.deltastreams.sink.Sink;
import io.deltastreams.sink.TargetTaken;
import io.deltastreams.stream.Outgoing;
import io.deltastreams.stream.Pacing;
import io.deltastreams.stream.Reading;
import io.deltastreams.transform.OnError;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.Cancellable;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * One stream's way to one sink: from the sink's cursor, reading after reading, the next one only when the last is delivered or taken. An output that
 * cannot go on stands still and holds up nobody (Invariant 5).
 */
final class OutputRunner implements Retrying.Watch {

    private static final Logger LOG = Logger.getLogger(OutputRunner.class);
    private static final Duration FIRST_PAUSE = Duration.ofMillis(200);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(10);

    private final Outgoing stream;
    private final PipelineDefinition.Output output;
    private final DeadLetters deadLetters;
    private final Precedence precedence;
    private final Sink sink;
    private final Backoff pauses = new Backoff(FIRST_PAUSE, LONGEST_PAUSE);
    private @Nullable Cancellable subscription;
    private @Nullable Cancellable preparation;

    private volatile @Nullable Position cursor;

    // Of one step after the other: where to read on, and what was taken since the cursor.
    private Position place = Position.START;
    private boolean whole = true;
    private long taken;
    private @Nullable Instant newest;

    private volatile Condition condition = Condition.STARTING;
    private volatile boolean superseded;
    /** Until its turn comes. */
    private volatile Condition waiting = Condition.STARTING;

    private final AtomicLong delivered = new AtomicLong();
    private volatile @Nullable Instant behind;

    /** @param precedence what goes before this output, unless it is required */
    OutputRunner(Outgoing stream, PipelineDefinition.Output output, DeadLetters deadLetters, Precedence precedence) {
        this.stream = stream;
        this.output = output;
        this.deadLetters = deadLetters;
        this.precedence = precedence;
        this.sink = new Retrying(output.sink(), FIRST_PAUSE, LONGEST_PAUSE, this);
    }

    /** It may have to start at once, later on. */
    void prepare() {
        endPreparation();
        preparation = sink.prepare()
                .onFailure()
                .invoke(failure -> waiting = Condition.unready(String.valueOf(failure.getMessage())))
                .onFailure()
                .retry()
                .withBackOff(FIRST_PAUSE, LONGEST_PAUSE)
                .indefinitely()
                .subscribe()
                .with(_ -> waiting = Condition.READY);
    }

    private void endPreparation() {
        if (preparation != null) {
            preparation.cancel();
        }
        waiting = Condition.STARTING;
    }

    void start() {
        endPreparation();
        subscription = Multi.createBy()
                .repeating()
                .uni(this::step)
                .until(_ -> condition.is(State.STOPPED))
                .subscribe()
                .with(_ -> {}, this::failed);
    }

    /** Up to where the target has everything; empty until it has told. */
    Optional<Position> cursor() {
        return Optional.ofNullable(cursor);
    }

    /** Whether it has ended because another instance writes to the target. */
    boolean isSuperseded() {
        return superseded;
    }

    boolean isRequired() {
        return output.required();
    }

    String name() {
        return stream.id() + "/" + output.kind();
    }

    private Uni<Outcome> step() {
        return cursor == null
                ? sink.cursor().map(this::found).onFailure(TargetTaken.class).recoverWithItem(this::superseded)
                : stream.nextFew(place, pacing())
                        .chain(this::deliver)
                        .onFailure(OutputRunner::mayPass)
                        .recoverWithUni(this::later);
    }

    /** Our own disk does not give what is read, or take what is set aside; and what it gives is not damaged. */
    private static boolean mayPass(Throwable failure) {
        return failure instanceof UncheckedIOException disk && !(disk.getCause() instanceof DamagedLog);
    }

    /** The next step tries that again. */
    private Uni<Outcome> later(Throwable disk) {
        Outcome.Unknown outcome = new Outcome.Unknown(String.valueOf(disk.getMessage()));
        inDoubt(outcome);
        return Uni.createFrom().<Outcome>item(outcome).onItem().delayIt().by(pauses.next());
    }

    /** What capture may wait for, at its disk budget or to acknowledge, never waits for capture. */
    private Pacing pacing() {
        return isRequired() ? Pacing.FREE : precedence;
    }

    private Outcome found(Optional<Position> position) {
        rewind(position.orElse(Position.START));
        answered();
        return new Outcome.Delivered();
    }

    private void rewind(Position to) {
        cursor = to;
        place = to;
        whole = true;
        taken = 0;
    }

    private Uni<Outcome> deliver(Reading reading) {
        return switch (reading) {
            case Reading.Deltas deltas -> write(deltas.deltas(), deltas.upTo(), deltas.whole());
            case Reading.Gap gap -> {
                // Invariant 6: history that retention has removed is told, and the rest still goes out.
                note(gap);
                yield write(List.of(), gap.removedUpTo(), true);
            }
            case Reading.Stopped stopped ->
                last().invoke(outcome -> {
                    // What ended otherwise has told so itself, or reads again.
                    if (outcome instanceof Outcome.Delivered || outcome instanceof Outcome.Taken) {
                        stop(stopped.position(), stopped.reason());
                    }
                });
        };
    }

    /** Has delivered what was only taken because more was at hand. */
    private Uni<Outcome> last() {
        return taken == 0
                ? Uni.createFrom().item(new Outcome.Delivered())
                : write(new Deltas(place, List.of(), place, whole, false));
    }

    private Uni<Outcome> write(List<Delta> deltas, Position upTo, boolean whole) {
        boolean pausing = !isRequired() && precedence.claimed().isPresent();
        return write(new Deltas(
                place, deltas, upTo, whole, !pausing && stream.latest().isAfter(upTo)));
    }

    private Uni<Outcome> write(Deltas batch) {
        return sink.write(batch).chain(outcome -> {
            switch (outcome) {
                case Outcome.Delivered _ -> {
                    take(batch);
                    count();
                }
                case Outcome.Taken _ -> take(batch);
                case Outcome.Rewound rewound -> rewind(rewound.to());
                case Outcome.Superseded superseded -> supersede(superseded.reason());
                case Outcome.Poisoned poisoned -> {
                    return withoutPoison(batch, poisoned);
                }
                // The decorator writes again until it knows; should it not, the next step reads from the same place.
                case Outcome.Unknown _ -> {}
            }
            return Uni.createFrom().item(outcome);
        });
    }

    private void take(Deltas batch) {
        taken += batch.deltas().size();
        if (!batch.deltas().isEmpty()) {
            newest = batch.deltas().getLast().committedAt();
        }
        place = batch.upTo();
        whole = batch.whole();
    }

    private void count() {
        delivered.addAndGet(taken);
        taken = 0;
        behind = newest;
        cursor = place;
        pauses.reset();
    }

    private Uni<Outcome> withoutPoison(Deltas batch, Outcome.Poisoned poisoned) {
        Optional<Delta> culprit = batch.deltas().stream()
                .filter(delta -> delta.position().equals(poisoned.position()))
                .findFirst();
        OnError policy = stream.onError();
        if (policy == OnError.STOP || culprit.isEmpty()) {
            stop(poisoned.position(), poisoned.reason());
            return Uni.createFrom().item(poisoned);
        }
        // All before it is delivered, whether or not a place is found for the letter.
        List<Delta> before = batch.deltas().stream()
                .filter(delta -> poisoned.position().isAfter(delta.position()))
                .toList();
        if (!before.isEmpty()) {
            take(new Deltas(batch.after(), before, before.getLast().position(), false, true));
            count();
        }
        deadLetters.refused(stream.id(), output.kind(), culprit.get(), poisoned.reason());
        take(new Deltas(place, List.of(), poisoned.position(), false, true));
        count();
        List<Delta> rest = batch.deltas().stream()
                .filter(delta -> delta.position().isAfter(poisoned.position()))
                .toList();
        return write(new Deltas(poisoned.position(), rest, batch.upTo(), batch.whole(), batch.more()));
    }

    @Override
    public void inDoubt(Outcome.Unknown why) {
        if (!condition.is(State.RETRYING)) {
            LOG.warnf("output=%s state=retrying cause=\"%s\"", name(), why.reason());
        }
        condition = Condition.retrying(why.reason());
    }

    @Override
    public void answered() {
        switch (condition.state()) {
            case RETRYING -> {
                LOG.infof("output=%s state=running", name());
                condition = Condition.RUNNING;
            }
            case STARTING -> condition = Condition.RUNNING;
            // With what it said of a gap, or its end.
            case RUNNING, STANDBY, PAUSED, STOPPED -> {}
        }
    }

    private void note(Reading.Gap gap) {
        condition = condition.saying(
                "the log no longer holds what stands behind %s up to %s: it went by retention before it was delivered"
                        .formatted(gap.after(), gap.removedUpTo()));
        LOG.errorf("output=%s gap_after=%s gap_up_to=%s", name(), gap.after(), gap.removedUpTo());
    }

    private void stop(Position position, String reason) {
        end("stopped at %s: %s".formatted(position, reason));
        LOG.errorf("output=%s state=stopped position=%s cause=\"%s\"", name(), position, reason);
    }

    private Outcome superseded(Throwable taken) {
        String reason = String.valueOf(taken.getMessage());
        supersede(reason);
        return new Outcome.Superseded(reason);
    }

    private void supersede(String reason) {
        superseded = true;
        end(reason);
        LOG.errorf("output=%s state=stopped cause=\"%s\"", name(), reason);
    }

    /** Nothing is left open at the target, where others would wait for its end. */
    private void end(String why) {
        condition = Condition.stopped(why);
        sink.close().subscribe().with(_ -> {}, failure -> LOG.warnf(failure, "output=%s state=closed", name()));
    }

    private void failed(Throwable failure) {
        if (failure instanceof UncheckedIOException disk && disk.getCause() instanceof DamagedLog damaged) {
            String why = String.valueOf(damaged.getMessage());
            end(why);
            LOG.errorf("output=%s state=stopped cause=\"%s\"", name(), why);
        } else {
            bug(failure);
        }
    }

    private void bug(Throwable bug) {
        condition = Condition.stopped("a bug ended the output: " + bug);
        LOG.errorf(bug, "output=%s state=stopped", name());
    }

    /** Whether this is an output of the stream, and of the kind, {@link DeadLetter#STREAM} for each. */
    boolean isAt(StreamId id, String kind) {
        return stream.id().equals(id) && (kind.equals(DeadLetter.STREAM) || kind.equals(output.kind()));
    }

    /** Writes a delta once more; waits. */
    Outcome replay(Delta delta) {
        return sink.replay(delta).await().indefinitely();
    }

    PipelineStatus.Output status() {
        Condition now = condition;
        Optional<String> pause = isRequired() || !now.is(State.RUNNING) ? Optional.empty() : precedence.claimed();
        return new PipelineStatus.Output(
                stream.id(),
                output.kind(),
                output.required(),
                pause.map("leaves the machine to capture: "::concat)
                        .map(why -> new Condition(State.PAUSED, why))
                        .orElse(now.is(State.STARTING) ? waiting : now),
                cursor(),
                delivered.get(),
                Optional.ofNullable(behind));
    }

    /** Ends delivery; completes when what is under way at the sink has ended, too. */
    Uni<Void> close() {
        endPreparation();
        if (subscription != null) {
            subscription.cancel();
        }
        return sink.close();
    }
}
