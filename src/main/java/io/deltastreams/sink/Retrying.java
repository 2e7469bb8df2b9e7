package io.deltastreams.sink;

import io.deltastreams.change.Delta;
import io.deltastreams.change.Position;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Writes again what may not have arrived: after {@link Outcome.Unknown} it asks the sink where it stands and writes what is still missing,
 * ever less often, until that is answered or the subscriber cancels. So its outcome is {@code Delivered} or {@code Poisoned}. A cursor that
 * cannot be had is asked for in the same way.
 *
 * @param least the first pause; each next one is twice as long, give or take half of it
 * @param most the longest pause
 * @param watch is told how it goes
 */
public record Retrying(Sink sink, Duration least, Duration most, Watch watch) implements Sink {

    private static final double JITTER = 0.5;

    /** Told while the cursor cannot be had or a write is in doubt; called by one thread at a time. */
    public interface Watch {

        /** The target is away or did not answer; it is about to be asked again. */
        void inDoubt(Outcome.Unknown why);

        /** The target answered a write, whatever was before. */
        void answered();
    }

    @Override
    public Uni<Optional<Position>> cursor() {
        return untilAnswered(reached());
    }

    private Uni<Optional<Position>> reached() {
        return sink.cursor()
                .onFailure(TargetAway.class)
                .transform(away -> new InDoubt(new Outcome.Unknown(String.valueOf(away.getMessage()))));
    }

    @Override
    public Uni<Outcome> write(Deltas batch) {
        return sink.write(batch)
                .onItem()
                .transform(Retrying::known)
                .onFailure(InDoubt.class)
                .recoverWithUni(doubt -> again(batch, doubt))
                .invoke(watch::answered);
    }

    private Uni<Outcome> again(Deltas batch, Throwable doubt) {
        watch.inDoubt(((InDoubt) doubt).why);
        return untilAnswered(rewrite(batch));
    }

    private <T> Uni<T> untilAnswered(Uni<T> attempt) {
        return attempt.onFailure(InDoubt.class)
                .invoke(next -> watch.inDoubt(next.why))
                .onFailure(InDoubt.class)
                .retry()
                .withBackOff(least, most)
                .withJitter(JITTER)
                .indefinitely();
    }

    private Uni<Outcome> rewrite(Deltas batch) {
        return reached()
                .map(reached -> after(batch, reached.orElse(Position.START)))
                .onItem()
                .transformToUni(sink::write)
                .map(Retrying::known);
    }

    private static Deltas after(Deltas batch, Position reached) {
        List<Delta> missing = batch.deltas().stream()
                .filter(delta -> delta.position().isAfter(reached))
                .toList();
        return new Deltas(missing, reached.isAfter(batch.upTo()) ? reached : batch.upTo());
    }

    private static Outcome known(Outcome outcome) {
        return switch (outcome) {
            case Outcome.Unknown unknown -> throw new InDoubt(unknown);
            case Outcome.Delivered delivered -> delivered;
            case Outcome.Poisoned poisoned -> poisoned;
        };
    }

    @Override
    public Uni<Void> close() {
        return sink.close();
    }

    /** An unknown outcome on its way through Mutiny's operators, which retry failures only. */
    private static final class InDoubt extends RuntimeException {

        private static final long serialVersionUID = 1L;

        private final transient Outcome.Unknown why;

        InDoubt(Outcome.Unknown why) {
            super(why.reason(), null, false, false);
            this.why = why;
        }
    }
}
